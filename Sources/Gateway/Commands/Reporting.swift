import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Mapping
import StoreSQLite

/// How commands speak: problems on standard error with their place, results on standard output.
enum Reporting {
    static func print(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func configuration(_ path: String, for purpose: ConfigReader.Purpose = .look) throws -> GatewayConfig {
        do {
            return try ConfigReader.read(path: path, for: purpose)
        } catch let problems as ConfigProblems {
            complain(problems.description)
            throw ExitCode(1)
        }
    }

    /// Runs what may fail for reasons that the person at the keyboard can mend, and tells them without a stack.
    static func attempt<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as ExitCode {
            throw error
        } catch let problems as ConfigProblems {
            complain(problems.description)
        } catch let errors as TableErrors {
            complain(errors.description)
        } catch let failure as EdgeFailure {
            complain("\(failure)")
        } catch let failure as StoreOpenError {
            complain(failure.description)
        } catch let failure as Failure {
            complain(failure.description)
        }
        throw ExitCode(1)
    }

    static func pretty(_ json: JSONValue) -> String {
        String(decoding: json.bytes(pretty: true), as: UTF8.self)
    }
}
