/// Parties, agents and accounts in words.
enum ExplainParties {
    /// A party by its name, or by what else it is known; an institution where a message has one in a party's place.
    static func party(_ node: MessageNode?) -> String? {
        guard let node else { return nil }
        if let inner = node["Pty"] { return party(inner) }
        if let inner = node["Agt"] { return agent(inner) }
        if node["FinInstnId"] != nil { return agent(node) }
        let names = identifications(node["Id"])
        guard let name = node.value("Nm", "Name") else { return names.isEmpty ? nil : names.joined(separator: ", ") }
        return name
    }

    /// The same for a sentence: of an institution the first of its names.
    static func short(_ node: MessageNode?) -> String? {
        guard let node else { return nil }
        let institution = node["FinInstnId"] ?? node["Agt/FinInstnId"]
        guard let institution else { return party(node) }
        return institution.value("Nm", "BICFI", "BIC") ?? party(node)
    }

    /// The same with identifications, address and contact.
    static func partyInFull(_ node: MessageNode?) -> String? {
        guard let node, let name = party(node) else { return nil }
        if node["FinInstnId"] != nil { return name }
        let holder = node["Pty"] ?? node
        var parts = [name]
        if holder.value("Nm", "Name") != nil { parts += identifications(holder["Id"]) }
        if let address = address(holder["PstlAdr"]) { parts.append(address) }
        if let country = holder.value("CtryOfRes") { parts.append("resident in \(country)") }
        if let contact = holder["CtctDtls"] {
            parts += [contact.value("PhneNb"), contact.value("MobNb"), contact.value("EmailAdr")].compactMap { $0 }
        }
        return parts.joined(separator: "; ")
    }

    private static func identifications(_ node: MessageNode?) -> [String] {
        guard let node else { return [] }
        var names: [String] = []
        for branch in [node["OrgId"], node["PrvtId"]].compactMap({ $0 }) {
            if let bic = branch.value("AnyBIC", "BICOrBEI") { names.append("BIC \(bic)") }
            if let lei = branch.value("LEI") { names.append("LEI \(lei)") }
            for other in branch.all("Othr") {
                guard let value = other.value("Id") else { continue }
                names.append(other.value("SchmeNm/Cd", "SchmeNm/Prtry").map { "\($0) \(value)" } ?? value)
            }
            if let born = branch.value("DtAndPlcOfBirth/BirthDt") {
                let town = branch.value("DtAndPlcOfBirth/CityOfBirth").map { " in \($0)" } ?? ""
                names.append("born \(born)\(town)")
            }
        }
        return names
    }

    /// An institution by all its names.
    static func agent(_ node: MessageNode?) -> String? {
        guard let node else { return nil }
        let holder = node["FinInstnId"] ?? node
        var parts: [String] = []
        if let bic = holder.value("BICFI", "BIC") { parts.append(bic) }
        if let member = holder.value("ClrSysMmbId/MmbId") {
            let system = holder.value("ClrSysMmbId/ClrSysId/Cd", "ClrSysMmbId/ClrSysId/Prtry")
            parts.append(system.map { "\($0) \(member)" } ?? member)
        }
        if let name = holder.value("Nm") { parts.append(name) }
        if let other = holder.value("Othr/Id") { parts.append(other) }
        if let lei = holder.value("LEI") { parts.append("LEI \(lei)") }
        if let branch = node.value("BrnchId/Id", "BrnchId/Nm") { parts.append("branch \(branch)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// An account by its number and its alias.
    static func account(_ node: MessageNode?, _ words: ExplainWords) -> String? {
        guard let node else { return nil }
        var parts: [String] = []
        if let iban = node.value("Id/IBAN") { parts.append("IBAN \(iban)") }
        if let other = node.value("Id/Othr/Id") {
            let scheme = node.value("Id/Othr/SchmeNm/Cd", "Id/Othr/SchmeNm/Prtry").map { "\($0) " } ?? ""
            parts.append(scheme + other)
        }
        if let alias = node.value("Prxy/Id") {
            let kind = node.value("Prxy/Tp/Cd", "Prxy/Tp/Prtry")
            let says = kind.flatMap { words.says($0, "proxy") }
            parts.append(
                "alias \(alias)\(kind.map { " (\($0)\(says.map { ": \($0.lowercasedFirst)" } ?? ""))" } ?? "")")
        }
        if let name = node.value("Nm") { parts.append("called \(name)") }
        if let currency = node.value("Ccy") { parts.append("in \(currency)") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    static func address(_ node: MessageNode?) -> String? {
        guard let node else { return nil }
        let street = [node.value("StrtNm"), node.value("BldgNb")].compactMap { $0 }.joined(separator: " ")
        let town = [node.value("PstCd"), node.value("TwnNm")].compactMap { $0 }.joined(separator: " ")
        let parts = node.all("AdrLine").map(\.text) + [street, town, node.value("Ctry") ?? ""]
        let filled = parts.filter { !$0.isEmpty }
        return filled.isEmpty ? nil : filled.joined(separator: ", ")
    }
}

extension String {
    /// For a sentence of a table that goes on in another.
    var lowercasedFirst: String {
        // A word in capitals is a name.
        guard let first, dropFirst().first?.isUppercase != true else { return self }
        return first.lowercased() + dropFirst()
    }
}
