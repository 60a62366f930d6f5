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

    func issue(_ commonName: String, dnsNames: [String]) throws -> Issued {
        let own = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey),
            notValidBefore: .now - 3600, notValidAfter: .now + 86_400, issuer: name,
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
            fingerprint: digest.map { String(format: "%02x", $0) }.joined())
    }
}
