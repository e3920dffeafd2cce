import Foundation
import StockSim
import Testing

extension RealSystemTests {
    /// Three nodes, replication 3, two in-sync replicas needed.
    @Suite struct ThreeNodesTests {
        /// Sessions are shorter than it takes to replace a dead coordinator, so at least one of the kills makes the engine join anew and
        /// restore while a node is down. Without asking for the leaders after a look-up in vain, that restore stands still until the node
        /// is back.
        @Test func eachNodeIsKilledOnceUnderLoad() throws {
            // A dead node is out of the cluster after 2 s.
            let broker = try RealBroker(nodes: 3, configs: ["broker.session.timeout.ms=2000", "broker.heartbeat.interval.ms=500"])
            defer { try? broker.remove() }
            let installation = try Installation(
                partitions: 3, sessionMilliseconds: 1_500, broker: broker, replication: 3, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            var options = WorkloadOptions()
            options.skus = 100
            options.partitions = 3
            let engine = try installation.startEngine(awaited: 3)
            let load = Load(installation, options, recordsPerSecond: 100)
            try engine.waitForProgress(100)
            var pauses: [String] = []
            for node in 1...3 {
                let killed = Date()
                try broker.act("kill", node: node)
                // Every partition goes on with the two others.
                try engine.waitForProgress(100)
                pauses.append(milliseconds(Date().timeIntervalSince(killed)))
                try broker.act("start", node: node)
                try waitUntilInSync(installation)
            }
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            print(
                "three nodes, each killed once, 100 more facts after \(pauses), \(delivered.records) records delivered: \(engine.troubles)")
            try engine.drain()
            try expectNothingLost(installation, delivered: delivered)
        }

        /// Waits until every partition of the test has its three copies again, as kcat sees it.
        private func waitUntilInSync(_ installation: Installation) throws {
            let kcat = try Project.installed("kcat")
            _ = try within(seconds: 60, "three copies in sync") {
                let listed = try ChildProcess.run(kcat, ["-L", "-b", installation.broker.bootstrap])
                let lines = listed.output.split(separator: "\n").filter { $0.contains("isrs:") }
                let isComplete = lines.allSatisfy { ($0.components(separatedBy: "isrs: ").last ?? "").split(separator: ",").count == 3 }
                return listed.status == 0 && !lines.isEmpty && isComplete ? true : nil
            }
        }
    }
}
