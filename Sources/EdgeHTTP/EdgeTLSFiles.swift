import FoundationEssentials
import Glibc
import NIOSSL
import SwiftASN1
import X509

/// What is wrong with one of the files of a TLS endpoint.
public struct EdgeTLSFault: Sendable, Equatable {
    public enum File: String, Sendable { case certificate, key, roots, revoked }

    public let file: File
    /// What is wrong and how to mend it; names the file's path.
    public let says: String
}

/// Looks at the files of a TLS endpoint before anything is started with them.
public enum EdgeTLSFiles {
    /// Everything that is wrong; files that are not given are not looked at.
    public static func faults(
        certificate: String?, key: String?, roots: String?, revoked: String? = nil
    ) -> [EdgeTLSFault] {
        var faults: [EdgeTLSFault] = []
        var chain: [NIOSSLCertificate]?
        if let certificate { chain = certificates(certificate, .certificate, &faults) }
        if let key, let chain, let certificate {
            privateKey(key, chain, of: certificate, &faults)
        } else if let key {
            _ = load(key, &faults)
        }
        if let roots { _ = certificates(roots, .roots, &faults) }
        if let revoked, isReadable(revoked, .revoked, &faults) {
            do throws(EdgeFailure) {
                _ = try EdgeRevocations(path: revoked)
            } catch {
                faults.append(EdgeTLSFault(file: .revoked, says: "\(error)"))
            }
        }
        return faults
    }

    private static func certificates(
        _ path: String, _ file: EdgeTLSFault.File, _ faults: inout [EdgeTLSFault]
    ) -> [NIOSSLCertificate]? {
        guard isReadable(path, file, &faults) else { return nil }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(path), !chain.isEmpty else {
            faults.append(EdgeTLSFault(file: file, says: "\(path) holds no certificate in PEM"))
            return nil
        }
        let now = Date()
        for certificate in chain {
            guard let der = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: der) else {
                faults.append(EdgeTLSFault(file: file, says: "\(path) holds a certificate that cannot be read"))
                continue
            }
            if parsed.notValidAfter < now {
                let says = "\(path): the certificate of \(parsed.subject) has expired at \(parsed.notValidAfter)"
                faults.append(EdgeTLSFault(file: file, says: says))
            } else if parsed.notValidBefore > now {
                let says = "\(path): the certificate of \(parsed.subject) is not valid before \(parsed.notValidBefore)"
                faults.append(EdgeTLSFault(file: file, says: says))
            }
        }
        return chain
    }

    private static func privateKey(
        _ path: String, _ chain: [NIOSSLCertificate], of certificate: String, _ faults: inout [EdgeTLSFault]
    ) {
        guard let key = load(path, &faults) else { return }
        let settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        guard (try? NIOSSLContext(configuration: settings)) == nil else { return }
        faults.append(
            EdgeTLSFault(file: .key, says: "\(path) is not the key of the first certificate in \(certificate)"))
    }

    private static func load(_ path: String, _ faults: inout [EdgeTLSFault]) -> NIOSSLPrivateKey? {
        guard isReadable(path, .key, &faults) else { return nil }
        if let key = try? NIOSSLPrivateKey(file: path, format: .pem) { return key }
        let says = "\(path) holds no private key in PEM; one with a passphrase cannot be used"
        faults.append(EdgeTLSFault(file: .key, says: says))
        return nil
    }

    private static func isReadable(
        _ path: String, _ file: EdgeTLSFault.File, _ faults: inout [EdgeTLSFault]
    ) -> Bool {
        guard access(path, F_OK) == 0 else {
            faults.append(EdgeTLSFault(file: file, says: "\(path) does not exist"))
            return false
        }
        guard access(path, R_OK) == 0 else {
            faults.append(EdgeTLSFault(file: file, says: "\(path) cannot be read by this user"))
            return false
        }
        return true
    }
}
