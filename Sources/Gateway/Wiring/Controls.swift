import ChannelAPI
import Foundation
import Mapping
import Payments
import PaymentsEngine
import Synchronization

/// The bank's controls as payments ask for them. Settings stand for the life of the process; calendars and directories
/// are exchanged by a reload, with all other tables.
final class Controls: Sendable {
    private struct Tables {
        /// By network and tenant; those of no network are of the tenant alone.
        var calendars: [String: BusinessCalendar] = [:]
        var directories: [String: Directory] = [:]
    }

    private let config: GatewayConfig
    private let currencies: [String: Set<Currency>]
    private let screening: [String: String]
    /// Our own names on the networks, by tenant.
    private let names: [String: Set<String>]
    private let tables: Mutex<Tables>

    /// Days before the end of a calendar from which readiness speaks of it.
    static let daysOfWarning: Int64 = 30

    /// - Parameter now: Around it lie the years of the calendars that have no list.
    init(_ config: GatewayConfig, now: Instant) throws {
        self.config = config
        currencies = Dictionary(
            config.networks.compactMap { network in network.controls.currencies.map { (network.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        screening = Dictionary(
            config.tenants.compactMap { tenant in tenant.controls.screening.map { (tenant.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        names = config.networks.reduce(into: [:]) { names, network in
            for (tenant, settings) in network.tenants {
                names[tenant, default: []].formUnion(
                    ["bic", "memberId", "fspId"].compactMap { settings.values[$0] })
            }
        }
        let everyDay = now.date.adding(days: -366)...now.date.adding(days: 3_660)
        var calendars: [String: BusinessCalendar] = [:]
        for tenant in config.tenants {
            let own = CalendarConfig(
                name: tenant.name, file: nil, zone: nil, weekend: [], opens: 0, cutOff: BusinessCalendar.minutesOfDay,
                isAlwaysOpen: true)
            calendars[tenant.name] = try Controls.calendar(own, tenant, everyDay)
        }
        for calendar in config.controls.calendars where calendar.file == nil {
            calendars.merge(try Controls.calendars(of: calendar, config, everyDay)) { _, new in new }
        }
        tables = Mutex(Tables(calendars: calendars))
    }

    // MARK: what a reload reads

    /// The files of the controls, for the reader of all tables.
    var hooks: [TableHook] {
        let calendars = config.controls.calendars.compactMap { calendar in
            calendar.file.map { hook(calendar, path: $0) }
        }
        let directories = config.tenants.compactMap { tenant in
            tenant.controls.directory.map { hook(directoryOf: tenant.name, path: $0) }
        }
        return calendars + directories
    }

    private func hook(_ calendar: CalendarConfig, path: String) -> TableHook {
        let name = "calendars/\(URL(fileURLWithPath: path).lastPathComponent)"
        return TableHook(name: name, path: path) { [self] file, _ throws(TableErrors) in
            let table = try CalendarTable(file: file)
            let made: [String: BusinessCalendar]
            do {
                made = try Controls.calendars(of: calendar, config, table.covered) { $0.take(table) }
            } catch {
                throw TableSource.fault(file.name, "\(error)")
            }
            return { self.tables.withLock { $0.calendars.merge(made) { _, new in new } } }
        }
    }

    private func hook(directoryOf tenant: String, path: String) -> TableHook {
        let name = "directories/\(tenant)/\(URL(fileURLWithPath: path).lastPathComponent)"
        let networks = Set(config.networks.map(\.name))
        return TableHook(name: name, path: path) { [self] file, tables throws(TableErrors) in
            let kinds = Set(tables.mappings.codes.table("identifiers")?.canonicals ?? [])
            let directory = try DirectoryTable(file: file, kinds: kinds, networks: networks).directory
            return { self.tables.withLock { $0.directories[tenant] = directory } }
        }
    }

    // MARK: calendars

    /// The calendar of each network and tenant that goes by it.
    private static func calendars(
        of calendar: CalendarConfig, _ config: GatewayConfig, _ covered: ClosedRange<CivilDate>,
        _ fill: (inout BusinessCalendar) -> Void = { _ in }
    ) throws -> [String: BusinessCalendar] {
        var result: [String: BusinessCalendar] = [:]
        let networks = config.networks.filter { $0.controls.calendar == calendar.name }
        for tenant in config.tenants {
            var made = try Controls.calendar(calendar, tenant, covered)
            fill(&made)
            for network in networks { result[key(network.name, tenant.name)] = made }
        }
        return result
    }

    private static func calendar(
        _ config: CalendarConfig, _ tenant: TenantConfig, _ covered: ClosedRange<CivilDate>
    ) throws -> BusinessCalendar {
        let zone = config.zone ?? tenant.controls.timeZone
        guard let offsets = Zones.offsets(zone, covering: covered) else {
            throw Failure.usage("no time zone is named \(zone)")
        }
        var calendar = BusinessCalendar(
            name: config.name, zone: offsets, covered: covered, isAlwaysOpen: config.isAlwaysOpen)
        calendar.weekend = config.weekend
        calendar.opens = config.opens
        calendar.cutOff = config.cutOff
        return calendar
    }

    private static func key(_ network: String, _ tenant: String) -> String { "\(network)|\(tenant)" }

    /// A network without a calendar of its own is always open, on the tenant's own days.
    func calendar(_ network: String, _ tenant: String) -> BusinessCalendar? {
        tables.withLock { $0.calendars[Controls.key(network, tenant)] ?? $0.calendars[tenant] }
    }

    /// What an operator must know before a calendar ends, a sentence for each.
    func warnings(at now: Instant) -> [String] {
        var ends: [String: Int64] = [:]
        for calendar in tables.withLock({ Array($0.calendars.values) }) {
            let left = calendar.daysLeft(at: now)
            if left < Controls.daysOfWarning { ends[calendar.name] = min(left, ends[calendar.name] ?? left) }
        }
        return ends.sorted { $0.key < $1.key }.map { name, left in
            left < 0
                ? "the calendar \(name) has ended: its network's payments are refused until it has new days"
                : "the calendar \(name) ends in \(left) days: give it the days of the next year"
        }
    }

    // MARK: the others

    var capsRows: [CapsRow] { config.controls.caps }

    func directory(_ tenant: String) -> Directory? { tables.withLock { $0.directories[tenant] } }

    func caps(_ tenant: String, _ network: String, _ currency: Currency) -> Caps? {
        config.controls.caps.first { $0.matches(tenant, network, currency) }?.caps
    }

    /// Whether the payee is a customer of this tenant, as far as names say it: where its agent is named, that is us
    /// under one of our names on a network; else an identifier is one of those that our customers have.
    func isOurs(_ payment: Payment, _ tenant: String) -> Bool {
        let agent = payment.creditorAgent
        let named = [agent.bic, agent.clearingMember, agent.fspId].compactMap { $0 }
        guard named.isEmpty else { return named.contains { names[tenant]?.contains($0) ?? false } }
        let own = config.tenants.first { $0.name == tenant }?.controls.own ?? []
        return (payment.creditor.identifiers + payment.creditorAccount.identifiers).contains { identifier in
            own.contains { $0.matches(identifier) }
        }
    }

    /// Gives the world's questions their answers.
    func attach(to world: inout World) {
        world.calendar = { self.calendar($0, $1) }
        world.directory = { self.directory($0) }
        world.screening = { self.screening[$0] }
        world.caps = { self.caps($0, $1, $2) }
        world.currencies = { self.currencies[$0] }
        world.isOurs = { self.isOurs($0, $1) }
    }

    /// Everything that is wrong with the files, for a check that puts nothing in use.
    func faults(_ tables: Gateway.Tables) -> [TableError] {
        hooks.flatMap { hook -> [TableError] in
            // What is not there has its problem, at the setting that names it.
            guard let data = FileManager.default.contents(atPath: hook.path) else { return [] }
            do throws(TableErrors) {
                _ = try hook.prepare(TableFile(name: hook.name, bytes: [UInt8](data)), tables)
                return []
            } catch {
                return error.errors
            }
        }
    }
}
