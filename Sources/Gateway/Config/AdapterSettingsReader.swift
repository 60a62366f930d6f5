import Payments
import Yams

/// Settings of our adapter for one tenant: texts, secrets as `{file: ...}` or `{environment: ...}`, and headers that
/// the edge adds. What the adapter itself says of them is told with the line of the setting it names.
struct AdapterSettingsReader {
    let base: String
    /// Nil when the adapter is not known: then nothing can be said of its settings.
    let entry: Registry.Entry?
    let network: String
    let tenant: String
    /// Secrets are opened to run, not to look.
    let isRun: Bool

    func read(_ node: ConfigNode) -> TenantSettings {
        var settings = TenantSettings(values: [:], secrets: [:], headers: [:])
        guard let mapping = node.node?.mapping else {
            node.problem("is not a list of settings")
            return settings
        }
        var given: Set<String> = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { continue }
            if name == "headers" {
                for (header, inner) in node.members("headers") {
                    if !HeaderText.isName(header) { inner.problem("is no header name") }
                    settings.headers[header] = SecretSource.read(inner, base: base, isOpened: isRun)
                }
                continue
            }
            given.insert(name)
            guard let entry else { continue }
            guard entry.settings.contains(name) else {
                node.unknown(name, of: entry.settings.union(["headers"]))
                continue
            }
            if entry.secrets.contains(name) || value.scalar == nil {
                settings.secrets[name] = SecretSource.read(node.child(name), base: base, isOpened: isRun)
            } else {
                settings.values[name] = value.scalar?.string
            }
        }
        note(given, node)
        tellFaults(settings, given, node)
        return settings
    }

    private func note(_ given: Set<String>, _ node: ConfigNode) {
        guard let entry else { return }
        node.findings.known.formUnion(entry.settings.map { "\(entry.name).\($0)" })
        node.findings.given.formUnion(given.map { "\(entry.name).\($0)" })
    }

    private func tellFaults(_ settings: TenantSettings, _ given: Set<String>, _ node: ConfigNode) {
        guard let entry else { return }
        let values = settings.values.merging(settings.secrets.mapValues(\.value)) { first, _ in first }
        for says in entry.problems(AdapterSettings(network: network, tenant: tenant, values: values)) {
            let name = String(says.prefix { $0.isLetter })
            // A secret that could not be read has its problem already.
            if entry.secrets.contains(name), given.contains(name), values[name] == nil { continue }
            guard entry.settings.contains(name) else {
                node.problem(says)
                continue
            }
            let rest = says.dropFirst(name.count).drop { $0 == ":" || $0 == " " }
            node.problem(String(rest), at: name)
        }
    }
}

/// What an HTTP header may hold.
enum HeaderText {
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
