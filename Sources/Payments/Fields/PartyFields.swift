extension PostalAddress {
    static let vocabulary: Vocabulary<PostalAddress> = {
        var fields = Vocabulary<PostalAddress>()
        fields.text("type", { $0.pointee.type }, { $0.type = $1 })
        fields.text("careOf", { $0.pointee.careOf }, { $0.careOf = $1 })
        fields.text("department", { $0.pointee.department }, { $0.department = $1 })
        fields.text("subDepartment", { $0.pointee.subDepartment }, { $0.subDepartment = $1 })
        fields.text("streetName", { $0.pointee.streetName }, { $0.streetName = $1 })
        fields.text("buildingNumber", { $0.pointee.buildingNumber }, { $0.buildingNumber = $1 })
        fields.text("buildingName", { $0.pointee.buildingName }, { $0.buildingName = $1 })
        fields.text("floor", { $0.pointee.floor }, { $0.floor = $1 })
        fields.text("unitNumber", { $0.pointee.unitNumber }, { $0.unitNumber = $1 })
        fields.text("postBox", { $0.pointee.postBox }, { $0.postBox = $1 })
        fields.text("room", { $0.pointee.room }, { $0.room = $1 })
        fields.text("postCode", { $0.pointee.postCode }, { $0.postCode = $1 })
        fields.text("townName", { $0.pointee.townName }, { $0.townName = $1 })
        fields.text("townLocationName", { $0.pointee.townLocationName }, { $0.townLocationName = $1 })
        fields.text("districtName", { $0.pointee.districtName }, { $0.districtName = $1 })
        fields.text("countrySubDivision", { $0.pointee.countrySubDivision }, { $0.countrySubDivision = $1 })
        fields.text("country", { $0.pointee.country }, { $0.country = $1 })
        fields.texts("lines[]", { $0.pointee.lines }, { $1(&$0.lines) })
        return fields
    }()
}

extension Identifier {
    static let vocabulary: Vocabulary<Identifier> = {
        var fields = Vocabulary<Identifier>()
        fields.text("kind", { $0.pointee.kind }, { $0.kind = $1 })
        fields.text("value", { $0.pointee.value }, { $0.value = $1 })
        fields.text("subId", { $0.pointee.subId }, { $0.subId = $1 })
        fields.text("scheme", { $0.pointee.scheme }, { $0.scheme = $1 })
        fields.text("schemeProprietary", { $0.pointee.schemeProprietary }, { $0.schemeProprietary = $1 })
        fields.text("issuer", { $0.pointee.issuer }, { $0.issuer = $1 })
        return fields
    }()
}

extension Party {
    static let vocabulary: Vocabulary<Party> = {
        var fields = Vocabulary<Party>()
        fields.text("name", { $0.pointee.name }, { $0.name = $1 })
        fields.text("firstName", { $0.pointee.firstName }, { $0.firstName = $1 })
        fields.text("middleName", { $0.pointee.middleName }, { $0.middleName = $1 })
        fields.text("lastName", { $0.pointee.lastName }, { $0.lastName = $1 })
        fields.part(
            "address", PostalAddress.vocabulary, see: { $0.pointee.addressBox.place },
            change: { $1(&$0.address) })
        fields.elements(
            "identifiers[]", { $0.pointee.identifiers }, { $1(&$0.identifiers) }, empty: Identifier(),
            Identifier.vocabulary)
        fields.text("bic", { $0.pointee.bic }, { $0.bic = $1 })
        fields.text("lei", { $0.pointee.lei }, { $0.lei = $1 })
        fields.date("dateOfBirth", { $0.pointee.dateOfBirth }, { $0.dateOfBirth = $1 })
        fields.text("provinceOfBirth", { $0.pointee.provinceOfBirth }, { $0.provinceOfBirth = $1 })
        fields.text("cityOfBirth", { $0.pointee.cityOfBirth }, { $0.cityOfBirth = $1 })
        fields.text("countryOfBirth", { $0.pointee.countryOfBirth }, { $0.countryOfBirth = $1 })
        fields.text("countryOfResidence", { $0.pointee.countryOfResidence }, { $0.countryOfResidence = $1 })
        fields.text("merchantCategory", { $0.pointee.merchantCategory }, { $0.merchantCategory = $1 })
        fields.text("contactName", { $0.pointee.contactName }, { $0.contactName = $1 })
        fields.text("phone", { $0.pointee.phone }, { $0.phone = $1 })
        fields.text("email", { $0.pointee.email }, { $0.email = $1 })
        return fields
    }()
}

extension Account {
    static let vocabulary: Vocabulary<Account> = {
        var fields = Vocabulary<Account>()
        fields.elements(
            "identifiers[]", { $0.pointee.identifiers }, { $1(&$0.identifiers) }, empty: Identifier(),
            Identifier.vocabulary)
        fields.text("name", { $0.pointee.name }, { $0.name = $1 })
        fields.text("type", { $0.pointee.type }, { $0.type = $1 })
        fields.text("typeProprietary", { $0.pointee.typeProprietary }, { $0.typeProprietary = $1 })
        fields.text("currency", { $0.pointee.currency }, { $0.currency = $1 })
        return fields
    }()
}

extension Agent {
    static let vocabulary: Vocabulary<Agent> = {
        var fields = Vocabulary<Agent>()
        fields.text("bic", { $0.pointee.bic }, { $0.bic = $1 })
        fields.text("lei", { $0.pointee.lei }, { $0.lei = $1 })
        fields.text("clearingSystem", { $0.pointee.clearingSystem }, { $0.clearingSystem = $1 })
        fields.text("clearingMember", { $0.pointee.clearingMember }, { $0.clearingMember = $1 })
        fields.text("fspId", { $0.pointee.fspId }, { $0.fspId = $1 })
        fields.text("name", { $0.pointee.name }, { $0.name = $1 })
        fields.part(
            "address", PostalAddress.vocabulary, see: { $0.pointee.addressBox.place },
            change: { $1(&$0.address) })
        fields.text("branch", { $0.pointee.branch }, { $0.branch = $1 })
        return fields
    }()
}

extension Charge {
    static let vocabulary: Vocabulary<Charge> = {
        var fields = Vocabulary<Charge>()
        fields.money("amount", { $0.pointee.amount }, { $0.amount = $1 })
        fields.text("type", { $0.pointee.type }, { $0.type = $1 })
        fields.text("agent.bic", { $0.pointee.agent.bic }, { $0.agent.bic = $1 })
        fields.text("agent.lei", { $0.pointee.agent.lei }, { $0.agent.lei = $1 })
        fields.text("agent.clearingSystem", { $0.pointee.agent.clearingSystem }, { $0.agent.clearingSystem = $1 })
        fields.text("agent.clearingMember", { $0.pointee.agent.clearingMember }, { $0.agent.clearingMember = $1 })
        fields.text("agent.fspId", { $0.pointee.agent.fspId }, { $0.agent.fspId = $1 })
        fields.text("agent.name", { $0.pointee.agent.name }, { $0.agent.name = $1 })
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
