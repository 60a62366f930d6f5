import Crypto
import NIOCore
import NIOSSL
import Payments
import SwiftASN1
import X509

/// PEM files to TLS settings, and a peer's certificate to its identity.
enum EdgeTLS {
    /// How long a peer may leave our goodbye unanswered before its connection is cut.
    private static let farewell = TimeAmount.seconds(1)

    static func serverSettings(_ tls: EdgeListenerTLS) throws(EdgeFailure) -> TLSConfiguration {
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: try chain(tls.certificateChainPath), privateKey: try key(tls.privateKeyPath))
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["http/1.1"]
        settings.shutdownTimeout = farewell
        if let path = tls.clientTrustRootsPath {
            settings.trustRoots = .certificates(try roots(path))
            settings.certificateVerification = .noHostnameVerification
        }
        return settings
    }

    static func clientSettings(_ identity: EdgeIdentity) throws(EdgeFailure) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        settings.shutdownTimeout = farewell
        if let own = identity.own {
            settings.certificateChain = try chain(own.certificateChainPath)
            settings.privateKey = try key(own.privateKeyPath)
        }
        if let path = identity.trustRootsPath { settings.trustRoots = .certificates(try roots(path)) }
        do {
            _ = try NIOSSLContext(configuration: settings)
        } catch {
            throw .tlsRefused(reason: "\(error)")
        }
        return settings
    }

    /// nil when the certificate, though it passed the handshake, cannot be read in full.
    static func identity(of certificate: NIOSSLCertificate) -> PeerCertificate? {
        guard let der = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: der) else {
            return nil
        }
        var commonName = ""
        for part in parsed.subject {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                if let text = String(attribute.value) { commonName = text }
            }
        }
        guard let names = try? parsed.extensions.subjectAlternativeNames else {
            let hasNames = parsed.extensions[oid: .X509ExtensionID.subjectAlternativeName] != nil
            return hasNames ? nil : value(commonName, [], der)
        }
        let dnsNames = names.compactMap { name in if case .dnsName(let text) = name { text } else { nil } }
        return value(commonName, dnsNames, der)
    }

    private static func value(_ commonName: String, _ dnsNames: [String], _ der: [UInt8]) -> PeerCertificate {
        PeerCertificate(commonName: commonName, dnsNames: dnsNames, fingerprint: hexadecimal(SHA256.hash(data: der)))
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func chain(_ path: String) throws(EdgeFailure) -> [NIOSSLCertificateSource] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            return certificates.map { .certificate($0) }
        } catch {
            throw .certificateChainUnreadable(path: path, reason: "\(error)")
        }
    }

    private static func key(_ path: String) throws(EdgeFailure) -> NIOSSLPrivateKeySource {
        do {
            return .privateKey(try NIOSSLPrivateKey(file: path, format: .pem))
        } catch {
            throw .privateKeyUnreadable(path: path, reason: "\(error)")
        }
    }

    private static func roots(_ path: String) throws(EdgeFailure) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            return certificates
        } catch {
            throw .trustRootsUnreadable(path: path, reason: "\(error)")
        }
    }
}
