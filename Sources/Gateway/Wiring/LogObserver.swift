import Foundation
import Logging
import Payments
import PaymentsEngine

/// The engine's work as structured lines: ids and states, no bodies, no personal data.
enum LogObserver {
    static func make(_ logger: Logger) -> EngineObserver {
        EngineObserver(
            moved: { transition in
                // An order that came again, or a look at the clock, changes nothing.
                if transition.events.isEmpty, transition.from == transition.to { return }
                logger.info(
                    "payment moved",
                    metadata: [
                        "payment": "\(transition.payment)", "tenant": "\(transition.tenant)",
                        "from": "\(transition.from)", "to": "\(transition.to)",
                        "events": "\(transition.events.joined(separator: ","))", "trace": "\(transition.trace)",
                    ])
            },
            alarm: { payment, says in logger.error("alarm", metadata: ["payment": "\(payment)", "says": "\(says)"]) },
            exchanged: { payment, exchange, outcome, milliseconds in
                logger.info(
                    "exchange",
                    metadata: [
                        "payment": "\(payment)", "peer": "\(exchange.peer)", "message": "\(exchange.message)",
                        "purpose": "\(exchange.purpose.rawValue)", "outcome": "\(word(outcome))",
                        "milliseconds": "\(milliseconds)",
                    ])
            },
            trouble: { logger.warning("trouble", metadata: ["says": "\($0)"]) },
            refused: { message, count in
                logger.notice(
                    "message refused",
                    metadata: [
                        "tenant": "\(message.tenant)", "network": "\(message.network)", "peer": "\(message.peer)",
                        "message": "\(message.message)", "at": "\(message.subject)", "why": "\(message.why)",
                        "count": "\(count)",
                    ])
            })
    }

    private static func word(_ outcome: WireOutcome) -> String {
        switch outcome {
        case .replied(let reply): "status \(reply.status)"
        case .notSent(let why): "not sent: \(why)"
        case .unknown(let why): "unknown: \(why)"
        }
    }
}

/// One JSON object a line on standard error.
struct JSONLineHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    let label: String

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        for (key, value) in event.metadata ?? [:] { fields[key] = value }
        var line = "{\"time\":\"\(WallClock.now().text)\",\"level\":\"\(event.level.rawValue)\""
        line += ",\"event\":\(quoted("\(event.message)"))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line += ",\(quoted(key)):\(quoted("\(value)"))" }
        line += "}\n"
        // A log that takes no more, as on a full disk, is no reason to end.
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 {
                    result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
