import Mapping
import SchemeISO20022

/// What the program asks of the tables by name: checked at the start, so that no payment is the first to miss it.
enum TableRequirements {
    static let all = [ISO20022.demands, core, fspiop, fineract]

    /// Every canonical reason that code writes or decides by.
    static let reasons = [
        "agentLiquidity", "agentOffline", "amountAboveLimit", "amountInvalid", "amountNotAsAgreed", "amountTooFine",
        "amountZero",
        "cancellationNotPossible", "cancelledByDebtor", "charactersNotAllowed", "chargesNotAccepted", "contentInvalid",
        "contentTooLong",
        "controlTotalsWrong", "creditorAccountClosed", "creditorAccountUnknown", "creditorAgentUnknown",
        "creditorCurrencyNotSupported", "creditorLimitExceeded", "currencyNotSupported", "dateInvalid",
        "debtorAccountClosed", "debtorAccountUnknown", "debtorAgentUnknown", "debtorCurrencyNotSupported", "duplicate",
        "elementNotAllowed", "expired", "featureNotSupported", "fraud", "identifierUnknown", "internalError",
        "malformed",
        "messageMisrouted", "missingElement", "noAnswerCreditor", "operatorRejected", "originalNotFound", "other",
        "payloadTooLarge",
        "permissionMissing", "quoteExpired", "quoteRefused", "quoteUnknown", "refusedNoReason", "screeningRefused",
        "serviceUnavailable", "timeoutClearing", "timeoutCreditorAgent", "timeoutInstructedAgent", "tooManyRequests",
        "transactionCountWrong", "versionNotSupported",
    ]

    private static let core = TableDemands(canonicals: ["reasons": reasons], columns: ["identifiers": []])

    private static let fspiop = TableDemands(
        messages: [
            "error.put", "parties.put", "quotes.post", "quotes.put", "transfers.patch", "transfers.post",
            "transfers.put",
        ].map { "fspiop/" + $0 }, columns: ["reasons": ["fspiop"], "identifiers": ["fspiop"]])

    private static let fineract = TableDemands(
        messages: ["quote.post", "transfer.post"].map { "fineract/" + $0 },
        columns: ["reasons": ["fineract"], "identifiers": ["fineract"]])
}
