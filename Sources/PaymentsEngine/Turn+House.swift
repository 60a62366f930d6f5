import Payments

/// Steps that the house answers itself, from its own tables and the time: no request leaves.
extension Turn {
    /// True when the step moved.
    mutating func askHouse(_ step: Int, _ row: FlowStep) -> Bool {
        switch row.verb {
        case .due: return waitForDay(step)
        case .directory: return findInDirectory(step)
        default:
            refuse(step, Reason("internalError", detail: "the house does not do \(row.verb.rawValue)"))
            return true
        }
    }

    private mutating func waitForDay(_ step: Int) -> Bool {
        guard let tenant = record.origin?.tenant, let network = record.network ?? record.origin?.network,
            let calendar = world.calendar(network, tenant)
        else {
            emit(.skipped(step: step, why: "no calendar says when it may leave"))
            return true
        }
        switch calendar.due(requested: record.payment.requestedExecutionDate, at: now) {
        case .now:
            emit(.skipped(step: step, why: "it may leave at once"))
            return true
        case .later(let moment, _, _):
            // Until its day it has no share of the caps.
            world.adopt(record)
            world.rest(record.id)
            askInHouse(step, until: moment)
            wakeNoLater(than: moment)
            return false
        case .gap(let why):
            refuse(step, Reason("dateInvalid", detail: why))
            return true
        case .refused(let why):
            refuse(step, Reason("dateInvalid", detail: why))
            return true
        }
    }

    /// The moment has come. The calendar may have changed while the payment waited; then the caps are asked again.
    mutating func dayHasCome(_ step: Int) {
        let network = record.network ?? record.origin?.network ?? ""
        let calendar = world.calendar(network, record.origin?.tenant ?? "")
        switch calendar?.due(requested: record.payment.requestedExecutionDate, at: now) {
        case .later(let moment, _, _) where moment > now:
            askInHouse(step, until: moment)
            return wakeNoLater(than: moment)
        case .gap(let why), .refused(let why): return refuse(step, Reason("dateInvalid", detail: why))
        case .now, .later, nil: break
        }
        if let reason = claimAgain() {
            refuse(step, reason)
        } else {
            emit(.observed(step: step, purpose: .ask, .done, learned: Payment()))
        }
    }

    private mutating func findInDirectory(_ step: Int) -> Bool {
        let tenant = record.origin?.tenant ?? ""
        guard let entry = world.directory(tenant)?.find(record.payment.named, network: record.network) else {
            refuse(step, Reason("creditorAccountUnknown", detail: "the directory does not list the payee"))
            return true
        }
        askInHouse(step, until: nil)
        emit(.observed(step: step, purpose: .ask, .done, learned: entry.learned))
        return true
    }

    private mutating func askInHouse(_ step: Int, until deadline: Instant?) {
        emit(
            .asked(
                step: step, purpose: .ask, exchange: max(record.exchanges - 1, 0), deadline: deadline,
                learned: Payment(), losses: []))
    }
}
