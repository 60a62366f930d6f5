import EdgeHTTP
import FormatJSON
import Foundation
import Payments
import Testing

@testable import Gateway

/// What a door refuses before anybody reads it is said in the words of whoever speaks there.
@Suite("Doors", .serialized)
struct DoorTests {
    private static let faults: [EdgeFault] = [
        .busy, .bodyTooLarge, .readTimedOut, .requestUnreadable, .targetNotAPath, .certificateUnreadable, .noEndpoint,
    ]

    private func answer(_ fault: EdgeFault, _ name: String, _ values: [String: String]) throws -> WireReply {
        let tables = try Tables.read(
            mappings: Program.root.appendingPathComponent("mappings").path,
            schemas: Program.root.appendingPathComponent("xsd").path, .served)
        let adapter = try #require(Registry.entry(name)).make(tables)
        let settings = AdapterSettings(network: "network", tenant: "bank-a", values: values)
        let context = InboundContext(
            settings: settings, permittedSources: [], now: Instant(nanoseconds: 0), entropy: 7)
        return adapter.refuse(fault.refusal, WireRequest(method: "POST", path: "/transfers"), context)
    }

    @Test(arguments: faults) func aHubHearsErrorInformation(_ fault: EdgeFault) throws {
        let reply = try answer(fault, "fspiop", ["fspId": "bank-a", "ilpSecret": "a secret long enough"])
        let information = try JSONValue.parse(reply.body)["errorInformation"]
        #expect(information?["errorDescription"]?.string?.isEmpty == false)
        let code = information?["errorCode"]?.string
        switch fault.status {
        case 503: #expect(reply.status == 503 && code == "2003" && reply.header("Retry-After") != nil)
        case 413: #expect(reply.status == 400 && code == "3104")
        case 404: #expect(reply.status == 404 && code == "3002")
        case 403: #expect((400...403).contains(reply.status) && code != nil)
        default: #expect(reply.status == 400 && code == "3101")
        }
    }

    @Test(arguments: faults) func aRailHearsAMessageReject(_ fault: EdgeFault) throws {
        let reply = try answer(fault, "iso20022", ["bic": "BANKAKE1", "clearingBic": "RTPCLRXX"])
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(text.contains("admi.002.001.01") && text.contains("<RsnDesc>"), "\(text)")
        #expect(reply.status == (fault.status == 503 ? 503 : 400))
        #expect((reply.header("Retry-After") != nil) == (fault.status == 503))
    }

    @Test(arguments: faults) func aChannelHearsAProblem(_ fault: EdgeFault) throws {
        let reply = fault.problem
        #expect(reply.status == fault.status)
        #expect(reply.header("Content-Type") == "application/problem+json")
        #expect(try JSONValue.parse(reply.body)["detail"]?.string == fault.says)
    }

    @Test func theRunningDoorsSayWhy() async throws {
        let scratch = try Scratch()
        let gateway = try RunningGateway(try RunningGateway.configuration(scratch, hub: 9, drain: "1s"))
        let ready = try await gateway.ready()
        let large = "Host: x\r\nContent-Length: 6000000\r\n\r\n"
        let hub = "errorInformation", rail = "admi.002.001.01", problem = "urn:interlock:problem:"
        let cases: [(port: Int, request: String, status: Int, says: [String])] = [
            (ready.scheme, "POST /mojaloop:hub1/bank-a/quotes HTTP/1.1\r\n" + large, 400, [hub, "3104"]),
            (ready.scheme, "POST /mojaloop%3Ahub1/nobody/quotes HTTP/1.1\r\n\r\n", 404, [hub, "3002"]),
            (ready.scheme, "POST /iso:rtp1/bank-a HTTP/1.1\r\n" + large, 400, [rail, "longer than"]),
            (
                ready.scheme, "POST /iso:rtp1/nobody HTTP/1.1\r\nConnection: close\r\n\r\n", 404,
                [rail, "/NETWORK/TENANT"]
            ),
            (ready.scheme, "this is no request\r\n\r\n", 400, [rail, "no HTTP/1.1"]),
            (ready.channel, "POST /v1/payments HTTP/1.1\r\n" + large, 413, [problem + "too-large"]),
            (ready.channel, "this is no request\r\n\r\n", 400, [problem + "malformed"]),
        ]
        for (port, request, status, says) in cases {
            let head = request.replacingOccurrences(of: "\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
            let text = request.hasPrefix("POST") ? head : request
            let answer = try await RunningGateway.exchange(port, text)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
            for part in says { #expect(answer.contains(part), "\(request): \(answer)") }
        }
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }
}
