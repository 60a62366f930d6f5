/// A postal address (ISO 20022 PostalAddress24 and 27), structured as far as the source was.
public struct PostalAddress: Sendable, Hashable {
    /// How far an address is structured: networks refuse lines alone from a day on.
    public enum Form: Sendable, CaseIterable {
        case empty
        /// Lines alone, perhaps with the country.
        case lines
        /// Lines, and at least the town beside them.
        case hybrid
        /// Elements alone.
        case structured
    }

    public var type: String?
    public var careOf: String?
    public var department: String?
    public var subDepartment: String?
    public var streetName: String?
    public var buildingNumber: String?
    public var buildingName: String?
    public var floor: String?
    public var unitNumber: String?
    public var postBox: String?
    public var room: String?
    public var postCode: String?
    public var townName: String?
    public var townLocationName: String?
    public var districtName: String?
    public var countrySubDivision: String?
    public var country: String?
    public var lines: [String] = []

    public init() {}

    public var form: Form {
        let elements = [
            careOf, department, subDepartment, streetName, buildingNumber, buildingName, floor, unitNumber, postBox,
            room, postCode, townName, townLocationName, districtName, countrySubDivision,
        ]
        guard lines.isEmpty else { return townName == nil ? .lines : .hybrid }
        return elements.contains { $0 != nil } || country != nil || type != nil ? .structured : .empty
    }
}

/// One name under which a party or an account can be found. A party has a list of them; several may be given together.
public struct Identifier: Sendable, Hashable {
    /// One of `mappings/codes/identifiers.tsv`: MSISDN, EMAIL, IBAN, ACCOUNT_ID, BUSINESS, ALIAS, PERSONAL_ID, DEVICE
    /// ...
    public var kind: String?
    public var value: String?
    /// Finer kind or sub-account (FSPIOP partySubIdOrType).
    public var subId: String?
    /// The scheme that gives the number its meaning, as the source coded it.
    public var scheme: String?
    /// The same by agreement of the parties, where the source has a place of its own for it (ISO 20022 SchmeNm/Prtry).
    public var schemeProprietary: String?
    public var issuer: String?

    public init() {}

    public init(_ kind: String, _ value: String, subId: String? = nil) {
        self.kind = kind
        self.value = value
        self.subId = subId
    }
}

/// A debtor, creditor, ultimate or initiating party (ISO 20022 PartyIdentification135).
public struct Party: Sendable, Hashable {
    public var name: String?
    public var firstName: String?
    public var middleName: String?
    public var lastName: String?
    var addressBox = Boxed<PostalAddress>()
    public var address: PostalAddress {
        _read { yield addressBox.part }
        _modify { yield &addressBox.part }
    }
    public var identifiers: [Identifier] = []
    /// BIC of an organisation (AnyBIC) and its LEI.
    public var bic: String?
    public var lei: String?
    public var dateOfBirth: CivilDate?
    public var provinceOfBirth: String?
    public var cityOfBirth: String?
    public var countryOfBirth: String?
    public var countryOfResidence: String?
    public var merchantCategory: String?
    public var contactName: String?
    public var phone: String?
    public var email: String?

    public init() {}
}

/// An account (ISO 20022 CashAccount38) under every name the source gave for it.
public struct Account: Sendable, Hashable {
    public var identifiers: [Identifier] = []
    public var name: String?
    public var type: String?
    public var typeProprietary: String?
    public var currency: String?

    public init() {}

    /// The value of the first identifier of this kind.
    public func identifier(_ kind: String) -> String? { identifiers.first { $0.kind == kind }?.value }
}

/// A financial institution (ISO 20022 BranchAndFinancialInstitutionIdentification6, FSPIOP FspId).
public struct Agent: Sendable, Hashable {
    public var bic: String?
    public var lei: String?
    public var clearingSystem: String?
    public var clearingMember: String?
    /// The participant's name on a Mojaloop hub.
    public var fspId: String?
    public var name: String?
    var addressBox = Boxed<PostalAddress>()
    public var address: PostalAddress {
        _read { yield addressBox.part }
        _modify { yield &addressBox.part }
    }
    public var branch: String?

    public init() {}

    public var isEmpty: Bool { self == Agent() }
}
