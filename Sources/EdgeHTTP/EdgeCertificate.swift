import FoundationEssentials
import NIOSSL
public import Payments
import SwiftASN1
import X509

/// A certificate by its number at its issuer, and until when it is good.
public struct EdgeCertificate: Sendable, Hashable {
    /// The subject's common name, or the whole subject where it has none.
    public let subject: String
    public let notBefore: Instant
    public let notAfter: Instant
    let issuer: DistinguishedName
    let serial: [UInt8]

    /// nil when it cannot be read in full.
    init?(_ certificate: NIOSSLCertificate) {
        guard let der = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: der) else {
            return nil
        }
        let names = parsed.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }
        subject = names.compactMap { String($0.value) }.last ?? "\(parsed.subject)"
        notBefore = Instant(seconds: Int64(parsed.notValidBefore.timeIntervalSince1970))
        notAfter = Instant(seconds: Int64(parsed.notValidAfter.timeIntervalSince1970))
        issuer = parsed.issuer
        serial = Array(parsed.serialNumber.bytes)
    }

    /// The certificates of a PEM file, the holder's own first; empty when none can be read.
    public static func all(in path: String) -> [EdgeCertificate] {
        ((try? NIOSSLCertificate.fromPEMFile(path)) ?? []).compactMap { EdgeCertificate($0) }
    }

    /// Why nothing is heard from, or told to, its holder any more; nil while it is good.
    func objection(_ revocations: EdgeRevocations?, now: Instant) -> String? {
        if notAfter < now { return "the certificate of \(subject) has expired at \(notAfter.text)" }
        if revocations?.contains(self) == true { return "the certificate of \(subject) was revoked by its issuer" }
        return nil
    }
}
