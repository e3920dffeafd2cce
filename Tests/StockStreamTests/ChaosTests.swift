import StockSim
import Testing

@testable import StockStream

/// Random faults from a seed: kills, zombies, moves, every failure of producers and read model. Then it heals and everything adds up: an
/// auditor that shares no code with the engine finds each input applied once, readers see the state, and restores give what the ledger
/// gives.
@Suite struct ChaosTests {
    /// The last ones have found faults once.
    @Test(arguments: Array(1...12) + [24, 68, 77, 103, 120]) func nothingIsLostOrDoubled(seed: Int) {
        check(ChaosWorld(seed: UInt64(seed)))
    }

    /// The same with every type of event that the engine knows.
    @Test(arguments: 1...12) func nothingOfTheWholeDomainIsLostOrDoubled(seed: Int) {
        check(ChaosWorld(seed: UInt64(seed), mix: .domain))
    }

    /// The same where each engine follows the partitions of the others, and takes them over from there.
    @Test(arguments: Array(1...12) + [82, 155, 156, 175, 216]) func nothingIsLostOrDoubledWithStandbys(seed: Int) {
        check(ChaosWorld(seed: UInt64(seed), mix: seed % 2 == 0 ? .domain : nil, standsBy: true), standsBy: true)
    }

    private func check(_ chaos: ChaosWorld, standsBy: Bool = false) {
        chaos.suffer(rounds: 250)
        #expect(chaos.heal(), "progress after the faults: \(chaos.log.suffix(30))")
        if standsBy {
            let (followed, dropped) = chaos.checkStandbys()
            #expect(followed > 0)
            // A broker that forgets ends may show a part of a checkpoint whose facts it has taken back.
            #expect(dropped.isEmpty || chaos.log.contains("outage"))
        }
        for partition in 0..<ChaosWorld.partitions {
            chaos.world.checkLedger(partition)
            #expect(chaos.world.restoredDigest(partition) == chaos.world.replayedDigest(partition))
        }
        chaos.leave()
        let report = chaos.audit()
        #expect(report.holds, "\(report.text)")
        #expect(report.accepted > 300)
        for partition in 0..<ChaosWorld.partitions {
            #expect(chaos.world.restoredDigest(partition) == chaos.world.replayedDigest(partition))
        }
    }

    /// The same seed, the same transcript.
    @Test func aSeedReproduces() {
        let runs = (0..<2).map { _ in
            let chaos = ChaosWorld(seed: 5)
            chaos.suffer(rounds: 60)
            return chaos.log + (0..<ChaosWorld.partitions).map { "\(chaos.world.kafka.log(OutputTopic.ledger, $0).end)" }
        }
        #expect(runs[0] == runs[1])
    }
}
