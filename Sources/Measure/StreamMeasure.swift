import ArgumentParser
import CLibXML2
import FormatXML
import Foundation
import Mapping
import Payments

/// A file of a company's million transfers: validated and made payments in one pass, against libxml2's reader with the
/// same schema over the same file. Each side reads in a process of its own, so that its memory is its own.
struct StreamMeasure {
    let transfers: Int
    let disk: String
    let root: URL

    static let message = "pain.001.001.09"
    private static let megabytes = 200.0

    func run() async throws -> [Figure] {
        let folder = try Place.scratch("stream", below: disk)
        defer { Place.remove(folder) }
        let file = "\(folder)/transfers.xml"
        let bytes = try write(file)
        var duel = Duel()
        var peaks: [Double] = []
        // The file is in the page cache for both.
        for _ in 0..<2 {
            let limit = try await read(file, folder, isReference: true)
            let subject = try await read(file, folder, isReference: false)
            guard subject.count == transfers else {
                throw MeasureFailure("\(subject.count) payments were made of \(transfers) transfers")
            }
            duel.add(Double(bytes) / subject.seconds / 1e6, against: Double(bytes) / limit.seconds / 1e6)
            peaks.append(subject.peak)
        }
        let memory = Samples(peaks)
        let name = "pain.001 of \(transfers) transfers, \(bytes / 1_000_000) MB, streamed"
        return [
            duel.figure(
                "messages", name + ", validated, mapped", unit: "MB/s", limitName: "libxml2 reader with schema",
                bound: .atLeast(0.4)),
            Figure(
                group: "messages", name: "- most memory", value: memory.median, unit: "MB", limitName: "stated",
                limit: Self.megabytes, bound: .atMost(1),
                spread: (memory.low / Self.megabytes, memory.high / Self.megabytes)),
        ]
    }

    private struct Run {
        let seconds: Double
        let peak: Double
        let count: Int
    }

    private func read(_ file: String, _ folder: String, isReference: Bool) async throws -> Run {
        let arguments = ["stream", file] + (isReference ? ["--reference"] : [])
        let child = try await Child.start(Place.measure, arguments, log: "\(folder)/stream.log")
        await child.stop()
        let words = child.line.split(separator: " ")
        guard words.count == 3, let seconds = Double(words[0]), let peak = Double(words[1]), let count = Int(words[2])
        else { throw MeasureFailure("stream said \(child.line)") }
        return Run(seconds: seconds, peak: peak, count: count)
    }

    /// Groups of 10,000 transfers; returns the size of the file.
    private func write(_ path: String) throws -> Int {
        guard let file = fopen(path, "w") else { throw MeasureFailure("\(path) cannot be written") }
        defer { fclose(file) }
        var bytes = 0
        func put(_ text: String) {
            var text = text
            bytes += text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
        }
        put(CompanyFile.head(transfers))
        var number = 0
        while number < transfers {
            put(CompanyFile.groupBegins(number))
            for _ in 0..<min(CompanyFile.group, transfers - number) {
                put(CompanyFile.transfer(number))
                number += 1
            }
            put("</PmtInf>")
        }
        put("</CstmrCdtTrfInitn></Document>\n")
        guard ferror(file) == 0 else { throw MeasureFailure("\(path) cannot be written: the disk is full?") }
        return bytes
    }
}

/// The parts of a pain.001 such as a company's payroll sends.
enum CompanyFile {
    static let group = 10_000

    static func head(_ transfers: Int) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:\(StreamMeasure.message)"><CstmrCdtTrfInitn><GrpHdr>\
        <MsgId>PAYROLL-2026-11</MsgId><CreDtTm>2026-11-23T06:00:00Z</CreDtTm><NbOfTxs>\(transfers)</NbOfTxs>\
        <InitgPty><Nm>Achieng Trading Company Limited</Nm></InitgPty></GrpHdr>
        """
    }

    static func groupBegins(_ number: Int) -> String {
        """
        <PmtInf><PmtInfId>GROUP-\(number)</PmtInfId><PmtMtd>TRF</PmtMtd><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl>\
        </PmtTpInf><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>\
        <Dbtr><Nm>Achieng Trading Company Limited</Nm></Dbtr>\
        <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>\
        <DbtrAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI></FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>
        """
    }

    /// A kilobyte.
    static func transfer(_ number: Int) -> String {
        """

        <CdtTrfTxInf><PmtId><InstrId>INSTR-\(number)</InstrId><EndToEndId>E2E-20261123-\(number)</EndToEndId></PmtId>\
        <Amt><InstdAmt Ccy="EUR">\(number % 5_000 + 1).\(number % 90 + 10)</InstdAmt></Amt>\
        <CdtrAgt><FinInstnId><BICFI>BKBBKENAXXX</BICFI></FinInstnId></CdtrAgt>\
        <Cdtr><Nm>Grace Wanjiru Hopper \(number)</Nm><PstlAdr><StrtNm>Moi Avenue</StrtNm><BldgNb>\(number % 99)</BldgNb>\
        <PstCd>80100</PstCd><TwnNm>Mombasa</TwnNm><Ctry>KE</Ctry></PstlAdr></Cdtr>\
        <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct><Purp><Cd>SALA</Cd></Purp>\
        <RmtInf><Ustrd>Wages of November 2026, with thanks for the quick delivery of the loom</Ustrd>\
        <Ustrd>The second half of the yearly bonus follows in December, when the accounts of the year are closed and \
        all is counted</Ustrd>\
        <Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>\
        </RmtInf></CdtTrfTxInf>
        """
    }
}

/// One side of the measure, in a process of its own: prints seconds, greatest resident memory in MB, and payments.
struct StreamRead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Read one file as a stream; used by bench.")

    @Argument var file: String
    @Flag(help: "By libxml2's own reader, making nothing.")
    var reference = false

    func run() async throws {
        let root = try Place.root()
        var count = 0
        let taken: Double
        if reference {
            let schema = root.appendingPathComponent("xsd/\(StreamMeasure.message).xsd").path
            let reader = try ReferenceReader(schemaFile: schema)
            var isValid = false
            taken = seconds { isValid = reader.read(file: file) }
            guard isValid else { throw MeasureFailure("libxml2 finds \(file) not valid") }
        } else {
            let mappings = try Mappings(files: try TranslationMeasure.tables(root))
            let schemas = XMLSchemaFolder(path: root.appendingPathComponent("xsd").path)
            try schemas.compileAll(["\(StreamMeasure.message).xsd"])
            let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
                try schemas.schema(namespace: namespace)
            }
            guard let stream = XMLStream(file: file) else { throw MeasureFailure("\(file) cannot be opened") }
            var failure: ISOStreamReading.Failure?
            taken = seconds {
                let read = mappings.streamISO(stream, validation: validation) { keep($0) }
                (count, failure) = (read.count, read.error)
            }
            if let failure { throw failure }
        }
        let peak = ProcessMeter.megabytes(ProcessInfo.processInfo.processIdentifier, .peak)
        print("\(taken) \(peak) \(count)")
    }
}
