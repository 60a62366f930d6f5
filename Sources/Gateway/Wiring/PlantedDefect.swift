#if DEBUG
    import EdgeHTTP
    import Foundation
    import Payments
    import PaymentsEngine

    /// Defects that a test plants in a debug build, one at a time, to prove that the lab finds them. A lab that passes
    /// with one of these proves nothing. Release builds do not have this file's code.
    enum PlantedDefect: String, CaseIterable {
        /// Every posting and credit goes out twice, the second time under another key.
        case doublePosting
        /// Silence after the transfer counts as a refusal: the hold is released.
        case releaseOnSilence
        /// A fulfilment is believed without holding it against the condition.
        case anyFulfilment
        /// The final word of a network is acknowledged and forgotten.
        case lostCallback
        /// The payee is credited as soon as we have said yes, before the network has settled.
        case creditBeforeCommit
        /// The transfer goes out without a hold on the debtor's account.
        case noHold
        /// A repeat is taken for a new payment.
        case repeatsAreNew
        /// Whoever has a certificate may speak for anybody.
        case anySender
        /// A bridge says yes to its origin before the far network has paid.
        case earlyYes
        /// Credits are one cent higher than agreed.
        case wrongAmount
        /// Networks have no days of their own: every payment leaves at once, dated by the host.
        case hostDays
        /// An order that may have left before a crash is sent again instead of asked about.
        case sendsAgain
        /// What stands on exposure is held to no cap.
        case noExposureCap

        static let planted = ProcessInfo.processInfo.environment["INTERLOCK_PLANTED_DEFECT"].flatMap(PlantedDefect.init)

        static func isPlanted(_ defect: PlantedDefect) -> Bool { planted == defect }
    }

    extension World {
        /// The look-ups as the planted defect bends them.
        var withPlantedDefect: World {
            guard let defect = PlantedDefect.planted else { return self }
            var bent = self
            bent.flow = { name in flow(name).map { defect.bend($0) } }
            bent.pinnedFlow = { name, version in pinnedFlow(name, version).map { defect.bend($0) } }
            if defect == .hostDays { bent.calendar = { _, _ in nil } }
            if defect == .noExposureCap {
                bent.caps = { tenant, network, currency in
                    var caps = caps(tenant, network, currency)
                    caps?.exposure = nil
                    return caps
                }
            }
            bent.neighbours = { name, tenant, tables in
                neighbour(name, tenant, tables: tables).map { defect.bend($0) }
            }
            return bent
        }
    }

    extension PlantedDefect {
        fileprivate func bend(_ flow: Flow) -> Flow {
            var bent = flow
            switch self {
            case .releaseOnSilence:
                for index in bent.steps.indices where bent.steps[index].verb == .send {
                    bent.steps[index].onUnknown = [.refuse]
                }
            case .noHold: bent.steps.removeAll { $0.verb == .reserve }
            case .earlyYes where flow.name == "bridge":
                if let send = flow.index(of: .send), let accept = flow.index(of: .accept) {
                    bent.steps.swapAt(send, accept)
                }
            default: break
            }
            return bent
        }

        fileprivate func bend(_ neighbour: Neighbour) -> Neighbour {
            var bent = neighbour
            let adapter = neighbour.adapter
            switch self {
            case .anyFulfilment: bent.adapter.verify = { _, heard, _ in heard }
            case .creditBeforeCommit:
                bent.adapter.read = { reply, input in
                    input.verb == .accept && reply.status < 300 ? Heard(.done) : adapter.read(reply, input)
                }
                let compose = adapter.compose
                bent.adapter.compose = { input throws(Refusal) in
                    var composed = try compose(input)
                    if input.verb == .accept, input.record.flow?.name == "incoming" {
                        composed.doneWhenDelivered = true
                    }
                    return composed
                }
            case .repeatsAreNew:
                let decode = adapter.decode
                bent.adapter.decode = { request, context throws(Refusal) in
                    var inbound = try decode(request, context)
                    if case .opens = inbound.meaning { inbound.keys = [] }
                    return inbound
                }
            case .sendsAgain: bent.adapter.capabilities.repeatable.insert(.send)
            case .anySender:
                let decode = adapter.decode
                bent.adapter.decode = { request, context throws(Refusal) in
                    var open = context
                    open.permittedSources = ["*"]
                    return try decode(request, open)
                }
            case .wrongAmount:
                let compose = adapter.compose
                bent.adapter.compose = { input throws(Refusal) in
                    var wrong = input
                    if input.verb == .credit, let amount = input.record.payment.amount.settlement {
                        let raised = Money(units: amount.units + 1_000, currency: amount.currency)
                        wrong.record.payment.amount.settlement = raised
                        if input.record.payment.terms.transferAmount != nil {
                            wrong.record.payment.terms.transferAmount = raised
                        }
                    }
                    return try compose(wrong)
                }
            default: break
            }
            return bent
        }
    }

    /// Sends what the planted defect makes of a request.
    struct DefectiveTransport: Transport {
        let inner: EdgeTransport

        func send(_ request: WireRequest, to peer: String, tenant: String, deadline: Instant) async -> WireOutcome {
            if PlantedDefect.isPlanted(.doublePosting), request.query.contains("action=CREATE") {
                var second = request
                for index in second.headers.indices where second.headers[index].name == "Idempotency-Key" {
                    second.headers[index].value += "-2"
                }
                second.body = second.body.replacingTransferCode()
                _ = await inner.send(second, to: peer, tenant: tenant, deadline: deadline)
            }
            return await inner.send(request, to: peer, tenant: tenant, deadline: deadline)
        }
    }

    extension [UInt8] {
        /// The same order under another transferCode: what a gateway would do that forgot its own ids.
        fileprivate func replacingTransferCode() -> [UInt8] {
            let text = String(decoding: self, as: UTF8.self)
            guard let start = text.range(of: "\"transferCode\":\"") else { return self }
            var bytes = Array(text.utf8)
            let first = text.utf8.distance(from: text.startIndex, to: start.upperBound)
            bytes[first] = bytes[first] == 0x30 ? 0x31 : 0x30
            return bytes
        }
    }
#endif
