import Crypto
import EdgeHTTP
import Foundation
import SwiftASN1
import X509

/// A folder that goes away with its owner.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("edge-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = url.path
    }

    func write(_ text: String, as name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A certificate authority made for one test, and the certificates it issues, as PEM files.
final class TestAuthority: Sendable {
    struct Issued: Sendable {
        let certificatePath: String
        let keyPath: String
        let fingerprint: String
        let serial: Certificate.SerialNumber

        /// Puts this certificate and its key where another's stand.
        func replace(_ other: Issued) throws {
            for (new, old) in [(certificatePath, other.certificatePath), (keyPath, other.keyPath)] {
                try Data(contentsOf: URL(fileURLWithPath: new)).write(to: URL(fileURLWithPath: old), options: .atomic)
            }
        }

        var own: EdgeIdentity.Own { .init(certificateChainPath: certificatePath, privateKeyPath: keyPath) }
    }

    let rootPath: String
    private let folder: TestFolder
    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName

    init(_ commonName: String) throws {
        folder = try TestFolder()
        key = P256.Signing.PrivateKey()
        name = try DistinguishedName { CommonName(commonName) }
        let root = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: .now - 3600, notValidAfter: .now + 86_400, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
        rootPath = try folder.write(try root.serializeAsPEM().pemString, as: "root.pem")
    }

    func issue(_ commonName: String, dnsNames: [String], until: Date = .now + 86_400) throws -> Issued {
        let own = P256.Signing.PrivateKey()
        let serial = Certificate.SerialNumber()
        let certificate = try Certificate(
            version: .v3, serialNumber: serial, publicKey: .init(own.publicKey),
            notValidBefore: .now - 3600, notValidAfter: until, issuer: name,
            subject: try DistinguishedName { CommonName(commonName) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(dnsNames.map { .dnsName($0) })
            }, issuerPrivateKey: .init(key))
        let pem = try certificate.serializeAsPEM()
        let digest = SHA256.hash(data: pem.derBytes)
        return Issued(
            certificatePath: try folder.write(pem.pemString, as: "\(commonName).pem"),
            keyPath: try folder.write(own.pemRepresentation, as: "\(commonName).key"),
            fingerprint: digest.map { String(format: "%02x", $0) }.joined(), serial: serial)
    }

    /// Writes the list of certificates that are taken back (RFC 5280 §5), and says where.
    @discardableResult
    func revoke(_ issued: [Issued], at path: String? = nil) throws -> String {
        let algorithm: ASN1ObjectIdentifier = [1, 2, 840, 10_045, 4, 3, 2]
        func algorithmIdentifier(_ coder: inout DER.Serializer) throws {
            try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(algorithm) }
        }
        var body = DER.Serializer()
        try body.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(Int(1))
            try algorithmIdentifier(&coder)
            try coder.serialize(name)
            try coder.serialize(Self.time(.now - 3600))
            try coder.serialize(Self.time(.now + 86_400))
            guard !issued.isEmpty else { return }
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                for certificate in issued {
                    try coder.appendConstructedNode(identifier: .sequence) { coder in
                        try coder.serialize(certificate.serial.bytes)
                        try coder.serialize(Self.time(.now - 60))
                    }
                }
            }
        }
        let signature = try key.signature(for: Data(body.serializedBytes)).derRepresentation
        var list = DER.Serializer()
        try list.appendConstructedNode(identifier: .sequence) { coder in
            coder.serializeRawBytes(body.serializedBytes)
            try algorithmIdentifier(&coder)
            try coder.serialize(ASN1BitString(bytes: ArraySlice(signature)))
        }
        let pem = PEMDocument(type: "X509 CRL", derBytes: list.serializedBytes).pemString + "\n"
        guard let path else { return try folder.write(pem, as: "revoked-\(UUID().uuidString.prefix(8)).pem") }
        try Data(pem.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }

    private static func time(_ date: Date) throws -> GeneralizedTime {
        let parts = Calendar(identifier: .gregorian).dateComponents(
            in: TimeZone(secondsFromGMT: 0) ?? .gmt, from: date)
        return try GeneralizedTime(
            year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0, hours: parts.hour ?? 0,
            minutes: parts.minute ?? 0, seconds: parts.second ?? 0, fractionalSeconds: 0)
    }
}
