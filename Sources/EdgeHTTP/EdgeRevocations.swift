import FoundationEssentials
public import Payments
import SwiftASN1
import X509

/// The certificates that their authorities took back: the lists of a PEM file (RFC 5280 §5). The file is trusted as
/// the roots are; who may write it decides.
public struct EdgeRevocations: Sendable {
    private var serials: [DistinguishedName: Set<[UInt8]>] = [:]
    /// When the first of the lists wants to have been replaced; nil when none says.
    public private(set) var nextUpdate: Instant?
    /// Certificates on all lists.
    public private(set) var count = 0

    /// Bytes that the file may have.
    static let longestFile = 64 * 1024 * 1024

    public init(path: String) throws(EdgeFailure) {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            guard data.count <= Self.longestFile else { throw Fault.tooLong }
            let lists = try PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self))
                .filter { $0.discriminator == "X509 CRL" }
            guard !lists.isEmpty else { throw Fault.noList }
            for list in lists { try read(list.derBytes) }
        } catch {
            throw .revocationsUnreadable(path: path, reason: "\(error)")
        }
    }

    func contains(_ certificate: EdgeCertificate) -> Bool {
        serials[certificate.issuer]?.contains(certificate.serial) ?? false
    }

    private enum Fault: Error, CustomStringConvertible {
        case noList, tooLong, incomplete

        var description: String {
            switch self {
            case .noList: "holds no list of revoked certificates in PEM"
            case .tooLong: "is longer than \(EdgeRevocations.longestFile) bytes"
            case .incomplete: "holds a list that ends too early"
            }
        }
    }

    private mutating func read(_ der: [UInt8]) throws {
        try DER.sequence(try DER.parse(der), identifier: .sequence) { nodes in
            try DER.sequence(try Self.next(&nodes), identifier: .sequence) { try readBody(&$0) }
            // The signature and its algorithm.
            while nodes.next() != nil {}
        }
    }

    /// TBSCertList: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, extensions.
    private mutating func readBody(_ nodes: inout ASN1NodeCollection.Iterator) throws {
        if try Self.next(&nodes).identifier == .integer { _ = try Self.next(&nodes) }
        let issuer = try DistinguishedName(derEncoded: try Self.next(&nodes))
        _ = try Self.next(&nodes)
        while let node = nodes.next() {
            switch node.identifier {
            case .utcTime, .generalizedTime:
                let until = try Self.moment(node)
                nextUpdate = min(nextUpdate ?? until, until)
            case .sequence: try readEntries(node, of: issuer)
            default: continue
            }
        }
    }

    private mutating func readEntries(_ list: ASN1Node, of issuer: DistinguishedName) throws {
        try DER.sequence(list, identifier: .sequence) { entries in
            while let entry = entries.next() {
                try DER.sequence(entry, identifier: .sequence) { fields in
                    let serial = try ArraySlice<UInt8>(derEncoded: try Self.next(&fields))
                    if serials[issuer, default: []].insert(Array(serial)).inserted { count += 1 }
                    while fields.next() != nil {}
                }
            }
        }
    }

    private static func next(_ nodes: inout ASN1NodeCollection.Iterator) throws -> ASN1Node {
        guard let node = nodes.next() else { throw Fault.incomplete }
        return node
    }

    private static func moment(_ node: ASN1Node) throws -> Instant {
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            return try moment(time.year, time.month, time.day, time.hours * 3600 + time.minutes * 60 + time.seconds)
        }
        let time = try GeneralizedTime(derEncoded: node)
        return try moment(time.year, time.month, time.day, time.hours * 3600 + time.minutes * 60 + time.seconds)
    }

    private static func moment(_ year: Int, _ month: Int, _ day: Int, _ second: Int) throws -> Instant {
        guard let date = CivilDate(year: year, month: month, day: day) else { throw Fault.incomplete }
        return Instant(seconds: date.dayNumber * 86_400 + Int64(second))
    }
}
