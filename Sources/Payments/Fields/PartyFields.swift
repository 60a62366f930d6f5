extension PostalAddress {
    static let vocabulary: Vocabulary<PostalAddress> = {
        var fields = Vocabulary<PostalAddress>()
        fields.text("type", \.type)
        fields.text("careOf", \.careOf)
        fields.text("department", \.department)
        fields.text("subDepartment", \.subDepartment)
        fields.text("streetName", \.streetName)
        fields.text("buildingNumber", \.buildingNumber)
        fields.text("buildingName", \.buildingName)
        fields.text("floor", \.floor)
        fields.text("unitNumber", \.unitNumber)
        fields.text("postBox", \.postBox)
        fields.text("room", \.room)
        fields.text("postCode", \.postCode)
        fields.text("townName", \.townName)
        fields.text("townLocationName", \.townLocationName)
        fields.text("districtName", \.districtName)
        fields.text("countrySubDivision", \.countrySubDivision)
        fields.text("country", \.country)
        fields.texts("lines[]", { $0.pointee.lines }, { $1(&$0.lines) })
        return fields
    }()
}

extension Identifier {
    static let vocabulary: Vocabulary<Identifier> = {
        var fields = Vocabulary<Identifier>()
        fields.text("kind", \.kind)
        fields.text("value", \.value)
        fields.text("subId", \.subId)
        fields.text("scheme", \.scheme)
        fields.text("schemeProprietary", \.schemeProprietary)
        fields.text("issuer", \.issuer)
        return fields
    }()
}

extension Party {
    static let vocabulary: Vocabulary<Party> = {
        var fields = Vocabulary<Party>()
        fields.text("name", \.name)
        fields.text("firstName", \.firstName)
        fields.text("middleName", \.middleName)
        fields.text("lastName", \.lastName)
        fields.part(
            "address", PostalAddress.vocabulary, see: { $0.pointee.addressBox.place },
            change: { $1(&$0.address) })
        fields.elements(
            "identifiers[]", { $0.pointee.identifiers }, { $1(&$0.identifiers) }, empty: Identifier(),
            Identifier.vocabulary)
        fields.text("bic", \.bic)
        fields.text("lei", \.lei)
        fields.date("dateOfBirth", \.dateOfBirth)
        fields.text("provinceOfBirth", \.provinceOfBirth)
        fields.text("cityOfBirth", \.cityOfBirth)
        fields.text("countryOfBirth", \.countryOfBirth)
        fields.text("countryOfResidence", \.countryOfResidence)
        fields.text("merchantCategory", \.merchantCategory)
        fields.text("contactName", \.contactName)
        fields.text("phone", \.phone)
        fields.text("email", \.email)
        return fields
    }()
}

extension Account {
    static let vocabulary: Vocabulary<Account> = {
        var fields = Vocabulary<Account>()
        fields.elements(
            "identifiers[]", { $0.pointee.identifiers }, { $1(&$0.identifiers) }, empty: Identifier(),
            Identifier.vocabulary)
        fields.text("name", \.name)
        fields.text("type", \.type)
        fields.text("typeProprietary", \.typeProprietary)
        fields.text("currency", \.currency)
        return fields
    }()
}

extension Agent {
    static let vocabulary: Vocabulary<Agent> = {
        var fields = Vocabulary<Agent>()
        fields.text("bic", \.bic)
        fields.text("lei", \.lei)
        fields.text("clearingSystem", \.clearingSystem)
        fields.text("clearingMember", \.clearingMember)
        fields.text("fspId", \.fspId)
        fields.text("name", \.name)
        fields.part(
            "address", PostalAddress.vocabulary, see: { $0.pointee.addressBox.place },
            change: { $1(&$0.address) })
        fields.text("branch", \.branch)
        return fields
    }()
}

extension Charge {
    static let vocabulary: Vocabulary<Charge> = {
        var fields = Vocabulary<Charge>()
        fields.money("amount", \.amount)
        fields.text("type", \.type)
        fields.text("agent.bic", \.agent.bic)
        fields.text("agent.lei", \.agent.lei)
        fields.text("agent.clearingSystem", \.agent.clearingSystem)
        fields.text("agent.clearingMember", \.agent.clearingMember)
        fields.text("agent.fspId", \.agent.fspId)
        fields.text("agent.name", \.agent.name)
        return fields
    }()
}

extension SideCarEntry {
    static let vocabulary: Vocabulary<SideCarEntry> = {
        var fields = Vocabulary<SideCarEntry>()
        fields.leaves.append(
            Leaf(name: "path", kind: .text) { entry, _ in
                .text(entry.pointee.path)
            } set: { entry, value in
                guard case .text(let text) = value else { return false }
                entry.path = text
                return true
            })
        fields.leaves.append(
            Leaf(name: "value", kind: .text) { entry, _ in
                .text(entry.pointee.value)
            } set: { entry, value in
                guard case .text(let text) = value else { return false }
                entry.value = text
                return true
            })
        return fields
    }()
}
