public import Payments

/// Why a store does not open. Each case names what to look at.
public enum StoreOpenError: Error, Sendable, Equatable {
    /// The folder cannot be made, read or locked.
    case folder(path: String, reason: String)
    /// Another process works in the folder.
    case held(folder: String, processID: Int?)
    /// A tenant's name is also a file's name: letters, digits, `-`, `_` and `.`, not first, at most 64.
    case tenantName(String)
    /// A newer program wrote the file.
    case newerSchema(path: String, migration: String)
    /// An older program wrote the file; opening it for writing brings it up to date.
    case olderSchema(path: String)
    case journal(path: String, StoreError)
}

extension StoreOpenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .folder(let path, let reason): "the data folder cannot be used: \(path): \(reason)"
        case .held(let folder, let processID?): "process \(processID) already works in the data folder \(folder)"
        case .held(let folder, nil): "another process already works in the data folder \(folder)"
        case .tenantName(let name):
            "“\(name)” cannot name a tenant: use at most 64 letters, digits, “-”, “_” and “.”, "
                + "a letter or digit first"
        case .newerSchema(let path, let migration):
            "\(path) was written by a newer program (it knows “\(migration)”): use that program"
        case .olderSchema(let path):
            "\(path) was written by an older program: start the gateway once to bring it up to date"
        case .journal(let path, let error): "\(path) cannot be opened: \(error)"
        }
    }
}
