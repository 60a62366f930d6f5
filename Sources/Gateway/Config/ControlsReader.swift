import Foundation
import Mapping
import Payments

/// The settings of the controls: calendars, caps, and what tenants and networks have of them. Screening services are
/// read as the neighbours that they are.
extension ConfigReader {
    func calendars(_ top: ConfigNode) -> [(node: ConfigNode, value: CalendarConfig)] {
        top.elements("calendars").map { node in
            let config = CalendarConfig(
                name: node.text("name"), file: node.optionalText("file").map(path), zone: zone(node, "zone"),
                weekend: weekend(node), opens: node.timeOfDay("opens", default: 0),
                cutOff: node.timeOfDay("cutOff", default: BusinessCalendar.minutesOfDay),
                isAlwaysOpen: node.flag("always", default: false))
            if config.opens >= config.cutOff {
                node.problem("is not after opens, \(ClockTime.text(config.opens))", at: "cutOff")
            }
            if config.isAlwaysOpen, config.opens != 0 {
                node.problem("a network that is always open opens at 00:00", at: "opens")
            }
            if !config.isAlwaysOpen, config.file == nil {
                node.problem(
                    "is missing: its holidays are not to be guessed; or is the network always open?", at: "file")
            }
            checkIsThere(config.file, node, "file")
            node.finish()
            return (node, config)
        }
    }

    func tenantControls(_ node: ConfigNode) -> TenantControls {
        var controls = TenantControls(
            timeZone: zone(node, "timeZone") ?? "UTC", screening: node.optionalText("screening"),
            directory: node.optionalText("directory").map(path))
        controls.own = node.elements("own").compactMap { element in
            let own = element.scalar.flatMap { OwnIdentifiers($0) }
            if own == nil { element.problem("must be KIND:VALUE or KIND:START*, such as ACCOUNT_ID:A-*") }
            return own
        }
        checkIsThere(controls.directory, node, "directory")
        return controls
    }

    func networkControls(_ node: ConfigNode) -> NetworkControls {
        var controls = NetworkControls(calendar: node.optionalText("calendar"), currencies: nil)
        let listed = node.elements("currencies")
        guard node.child("currencies").exists else { return controls }
        if listed.isEmpty { node.problem("names no currency: leave it out for any", at: "currencies") }
        controls.currencies = Set(listed.compactMap { listedCurrency($0) })
        return controls
    }

    func caps(_ top: ConfigNode) -> [(node: ConfigNode, value: CapsRow)] {
        top.elements("caps").map { node in
            func name(_ setting: String) -> String? { node.optionalText(setting).flatMap { $0 == "*" ? nil : $0 } }
            let currency = name("currency") == nil ? nil : listedCurrency(node.child("currency"))
            var caps = Caps()
            if node.child("inFlight").exists {
                caps.inFlight = node.integer("inFlight", default: 1, 0...1_000_000)
            }
            func money(_ setting: String) -> Money? {
                guard let text = node.optionalText(setting) else { return nil }
                guard let currency else {
                    if name("currency") == nil {
                        node.problem("is an amount: name the currency of the row", at: setting)
                    }
                    return nil
                }
                do throws(AmountRefusal) {
                    return try Money(text, currency)
                } catch {
                    node.problem("\(text) is no amount of \(currency.code): \(error)", at: setting)
                    return nil
                }
            }
            (caps.single, caps.position, caps.exposure) = (money("single"), money("position"), money("exposure"))
            let row = CapsRow(tenant: name("tenant"), network: name("network"), currency: currency, caps: caps)
            node.finish()
            return (node, row)
        }
    }

    // MARK: parts

    /// `Area/City` of the tz database, or UTC.
    private func zone(_ node: ConfigNode, _ name: String) -> String? {
        guard let text = node.optionalText(name) else { return nil }
        if !Zones.isKnown(text) {
            let meant = Spelling.nearest(text, in: TimeZone.knownTimeZoneIdentifiers).map { ", did you mean \($0)?" }
            node.problem(
                "no time zone is named \(text)\(meant ?? ": write UTC or a name such as Africa/Nairobi")", at: name)
        }
        return text
    }

    private func weekend(_ node: ConfigNode) -> Set<Weekday> {
        guard node.child("weekend").exists else {
            // A network that never closes has no weekend, but where its list says one.
            return node.flag("always", default: false) ? [] : [.saturday, .sunday]
        }
        let days = node.elements("weekend").compactMap { element -> Weekday? in
            let day = Weekday.allCases.first { "\($0)" == element.scalar?.lowercased() }
            if day == nil { element.problem("is no day of the week: write monday to sunday") }
            return day
        }
        if Set(days).count == Weekday.allCases.count { node.problem("leaves no day of the week", at: "weekend") }
        return Set(days)
    }

    private func listedCurrency(_ node: ConfigNode) -> Currency? {
        let text = node.scalar ?? ""
        if let currency = Currency(text), currency.isListed { return currency }
        node.problem("\(text) is no currency: write an ISO 4217 code")
        return nil
    }

    private func checkIsThere(_ file: String?, _ node: ConfigNode, _ name: String) {
        guard isRun, let file, !FileManager.default.isReadableFile(atPath: file) else { return }
        node.problem("\(file) does not exist or cannot be read", at: name)
    }
}

extension ConfigNode {
    /// `yes` or `no`.
    func flag(_ name: String, default standard: Bool) -> Bool {
        let value = child(name)
        switch value.scalar {
        case "yes", "true": return true
        case "no", "false": return false
        case nil where !value.exists: return standard
        default:
            value.problem("must be yes or no")
            return standard
        }
    }

    /// `16:30`, as minutes of the day.
    func timeOfDay(_ name: String, default standard: Int) -> Int {
        let value = child(name)
        guard value.exists else { return standard }
        if let minutes = value.scalar.flatMap({ ClockTime.minutes($0) }) { return minutes }
        value.problem("must be a time of day such as \"16:30\"")
        return standard
    }

    /// What a neighbour's silence means.
    func silence(_ name: String) -> UnknownPolicy {
        let words: [String: UnknownPolicy] = ["refuse": .refuse, "allow": .leave, "review": .operatorDecides]
        let text = text(name, default: "review")
        if let policy = words[text] { return policy }
        problem("must be refuse, allow or review", at: name)
        return .operatorDecides
    }
}

/// What names of the controls stand for nothing, or for two things.
struct ControlsCrossCheck {
    let config: GatewayConfig

    func tell(
        tenants: [ConfigNode], networks: [ConfigNode], calendars: [ConfigNode], caps: [ConfigNode]
    ) {
        tellCalendars(calendars, networks)
        tellScreening(tenants)
        tellCaps(caps)
    }

    private func meant(_ name: String, _ known: some Sequence<String>) -> String {
        Spelling.nearest(name, in: known).map { ", did you mean \($0)?" } ?? ""
    }

    private func tellCalendars(_ nodes: [ConfigNode], _ networks: [ConfigNode]) {
        var names: Set<String> = []
        for (node, calendar) in zip(nodes, config.controls.calendars) where !calendar.name.isEmpty {
            if !names.insert(calendar.name).inserted {
                node.problem("two calendars are named \(calendar.name)", at: "name")
            }
        }
        for (node, network) in zip(networks, config.networks) {
            guard let name = network.controls.calendar, !names.contains(name) else { continue }
            node.problem("no calendar is named \(name)\(meant(name, names))", at: "calendar")
        }
    }

    private func tellScreening(_ nodes: [ConfigNode]) {
        let services = Dictionary(
            config.controls.screening.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (node, tenant) in zip(nodes, config.tenants) {
            guard let name = tenant.controls.screening else { continue }
            guard let service = services[name] else {
                node.problem("no screening service is named \(name)\(meant(name, services.keys))", at: "screening")
                continue
            }
            if service.tenants[tenant.name] == nil {
                node.problem("\(name) has no settings for \(tenant.name) under its tenants", at: "screening")
            }
        }
    }

    private func tellCaps(_ nodes: [ConfigNode]) {
        let tenants = config.tenants.map(\.name)
        let networks = config.networks.map(\.name) + ["channel"]
        let rows = config.controls.caps
        for (index, (node, row)) in zip(nodes, rows).enumerated() {
            if let name = row.tenant, !tenants.contains(name) {
                node.problem("no tenant is named \(name)\(meant(name, tenants))", at: "tenant")
            }
            if let name = row.network, !networks.contains(name) {
                node.problem("no network is named \(name)\(meant(name, networks))", at: "network")
            }
            if let earlier = rows[..<index].firstIndex(where: { $0.covers(row) }) {
                node.problem("is never reached: caps[\(earlier)] matches all that it matches; put the finer row first")
            }
            if row.caps == Caps(), !node.child("single").exists, !node.child("position").exists,
                !node.child("exposure").exists
            {
                node.problem("caps nothing: write single, position, exposure or inFlight")
            }
        }
    }
}
