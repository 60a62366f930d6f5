import Crypto
import Foundation
import SwiftASN1
import Synchronization
import X509

#if canImport(Glibc)
    import Glibc
#endif

/// Where one party's certificate files lie, ready for a TLS library that reads PEM.
public struct LabIdentity: Sendable, Equatable {
    /// The subject's common name: peers know each other by it.
    public let commonName: String
    /// The certificate of the authority that both sides trust.
    public let authorityFile: String
    public let certificateFile: String
    public let keyFile: String

    public init(commonName: String, authorityFile: String, certificateFile: String, keyFile: String) {
        self.commonName = commonName
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// A certificate authority on P-256 for the world on loopback: every peer and the gateway get their certificate here.
/// Files are written with mode 0600 into one folder: `ca.pem`, `NAME.pem` and `NAME.key`.
public final class LabCA: Sendable {
    /// The folder that holds every file of this authority.
    public let folder: String

    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName
    private let serials = Mutex<[String: Certificate.SerialNumber]>([:])

    /// Makes a new authority and writes `ca.pem`; the folder is created (mode 0700) when it is missing.
    public init(folder: String, commonName: String = "Lab CA") throws {
        self.folder = folder
        key = P256.Signing.PrivateKey()
        name = try DistinguishedName { CommonName(commonName) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date().addingTimeInterval(-300), notValidAfter: Date().addingTimeInterval(86_400 * 365),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: .init(key))
        try write(certificate.serializeAsPEM().pemString, as: "ca.pem")
    }

    /// Issues a certificate for both ends of a TLS connection, valid for `localhost` and 127.0.0.1 besides `dnsNames`.
    /// `fileName` names the files when the common name is not fit for one.
    public func issue(
        commonName: String, dnsNames: [String] = [], fileName: String? = nil, validSeconds: Double = 86_400 * 30
    ) throws -> LabIdentity {
        let own = P256.Signing.PrivateKey()
        let serial = Certificate.SerialNumber()
        let names = (["localhost"] + dnsNames).map { GeneralName.dnsName($0) }
        let loopback = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        let certificate = try Certificate(
            version: .v3, serialNumber: serial, publicKey: .init(own.publicKey),
            notValidBefore: Date().addingTimeInterval(-300), notValidAfter: Date().addingTimeInterval(validSeconds),
            issuer: name, subject: try DistinguishedName { CommonName(commonName) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(names + [loopback])
            },
            issuerPrivateKey: .init(key))
        serials.withLock { $0[commonName] = serial }
        let file = fileName ?? commonName
        try write(certificate.serializeAsPEM().pemString, as: "\(file).pem")
        try write(own.pemRepresentation, as: "\(file).key")
        return LabIdentity(
            commonName: commonName, authorityFile: "\(folder)/ca.pem", certificateFile: "\(folder)/\(file).pem",
            keyFile: "\(folder)/\(file).key")
    }

    /// Writes `revoked.pem` anew: the certificates of these names are taken back (RFC 5280 §5), no others.
    public func revoke(_ names: [String]) throws {
        let algorithm: ASN1ObjectIdentifier = [1, 2, 840, 10_045, 4, 3, 2]
        let taken = serials.withLock { serials in names.compactMap { serials[$0] } }
        func algorithmIdentifier(_ coder: inout DER.Serializer) throws {
            try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(algorithm) }
        }
        var body = DER.Serializer()
        try body.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(Int(1))
            try algorithmIdentifier(&coder)
            try coder.serialize(name)
            try coder.serialize(Self.time(.now - 3_600))
            try coder.serialize(Self.time(.now + 86_400))
            guard !taken.isEmpty else { return }
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                for serial in taken {
                    try coder.appendConstructedNode(identifier: .sequence) { coder in
                        try coder.serialize(serial.bytes)
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
        try write(PEMDocument(type: "X509 CRL", derBytes: list.serializedBytes).pemString, as: "revoked.pem")
    }

    private static func time(_ date: Date) throws -> GeneralizedTime {
        let parts = Calendar(identifier: .gregorian).dateComponents(
            in: TimeZone(secondsFromGMT: 0) ?? .gmt, from: date)
        return try GeneralizedTime(
            year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0, hours: parts.hour ?? 0,
            minutes: parts.minute ?? 0, seconds: parts.second ?? 0, fractionalSeconds: 0)
    }

    /// In one step: whoever reads the file meanwhile sees the old one or the new one.
    private func write(_ pem: String, as file: String) throws {
        let path = "\(folder)/\(file)"
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        let made = FileManager.default.createFile(
            atPath: draft, contents: Data((pem + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made, rename(draft, path) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
    }
}
