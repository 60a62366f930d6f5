import FormatJSON

extension Scenario {
    /// The gateway dies, or is told to stop, with payments on their way.
    static let crashes: [Scenario] = [
        Scenario("SIGKILL in the middle of payments: nothing lost, nothing doubled") { stage in
            try await stage.interrupt { gateway in await gateway.kill() }
        },
        Scenario("SIGTERM in the middle of payments: it drains and ends by itself") { stage in
            try await stage.interrupt { gateway in
                let drained = await gateway.terminate()
                if !drained { throw LabFailure("the gateway did not drain and end with status 0") }
            }
        },
    ]
}

extension Stage {
    /// Begins payments on every path, stops the gateway while they run, starts it again, and holds all books against
    /// what the far sides say became of each.
    func interrupt(_ stop: @escaping @Sendable (GatewayProcess) async throws -> Void) async throws {
        lab.hub.moods.always("transfer", .late(milliseconds: 120))
        let seen = lab.hub.journal.count("POST /transfers")
        let bridgedBefore = await committedBridges()
        let bridge = Books.bridged(Cast.wanjiru, amount("1"))
        let keys = (0..<8).map { _ in FSPIOPRules.newIdentifier() }
        var moves = try await withThrowingTaskGroup(of: Books.self) { group in
            for (index, key) in keys.enumerated() {
                let wallet = index % 2 == 0 ? Cast.wanjiru : Cast.grace
                group.addTask { try await self.persist(wallet, "1", key: key, seconds: 60) }
            }
            for _ in 0..<3 {
                group.addTask {
                    await self.fromRail("1").state == .settled ? .fromRail(Cast.bob, amount("1")) : Books()
                }
                group.addTask {
                    await self.bridge(Cast.wanjiru, "1").state == .settled ? bridge : Books()
                }
                group.addTask { try await self.incoming("1") }
                group.addTask { try await self.persistToRail("1", seconds: 60) }
                group.addTask { try await self.pay(.onUs, amount("1")) }
            }
            group.addTask {
                try await self.eventually("payments are on their way") {
                    self.lab.hub.journal.count("POST /transfers") >= seen + 3
                }
                try await stop(self.lab.gateway)
                _ = try await self.lab.gateway.start()
                return Books()
            }
            return try await group.reduce(into: Books()) { $0 += $1 }
        }
        lab.hub.moods.clear()
        try await eventually("all payments have ended or wait for a person", seconds: 60) {
            try await self.newPayments().allSatisfy {
                $0["outcome"]?.string != nil || $0["stage"]?.string == "parked"
            }
        }
        moves += try await exposed(since: bridgedBefore, moves)
        try await settle(moves, seconds: 30)
    }

    /// Bridges of one unit each whose near side gave up while we were away, and whose far side paid: a person decides,
    /// and the amount stays on exposure.
    func exposed(since bridgedBefore: Int, _ moves: Books) async throws -> Books {
        let paid = await committedBridges() - bridgedBefore
        let settled = (moves[Books.ledger("bank-c", "position", Cast.rail)].units / 100_000).magnitude
        var exposed = Books()
        for _ in 0..<(paid - Int(settled)) {
            exposed += .farLeg(Cast.wanjiru, amount("1"))
            exposed += .one(Books.ledger("bank-c", "position", Cast.hub), amount("-1"))
            exposed += .one(Books.ledger("bank-c", "exposure", Cast.hub), amount("1"))
        }
        for row in try await lab.operators.payments(stuck: true) where row["stage"]?.string == "parked" {
            let id = row["id"]?.string ?? ""
            _ = try await lab.operators.resolve(id, as: "rejected", evidence: "the rail's report of the day")
        }
        return exposed
    }

    func committedBridges() async -> Int {
        await lab.hub.transfers(of: "bank-c").count { $0.state == .committed }
    }
}
