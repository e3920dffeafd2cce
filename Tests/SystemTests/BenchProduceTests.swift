import Foundation
import KafkaAdapter
import Testing

/// `stockstream bench produce` against the embedded broker: the command, not the speed.
@Suite struct BenchProduceTests {
    private struct Bench {
        let cluster: EmbeddedCluster

        init() throws {
            cluster = try EmbeddedCluster { _, _, _ in }
            try cluster.createTopic("stock.events.v1", partitions: 4)
        }

        func run(_ arguments: [String], seconds: Double = 90) throws -> (ChildProcess.Finished, [String: Any]) {
            let finished = try ChildProcess.run(
                Project.program, ["bench", "produce", "--bootstrap", cluster.bootstrapServers] + arguments, seconds: seconds)
            return (finished, try Bench.result(finished.output))
        }

        static func result(_ output: String) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)")
        }
    }

    @Test func sendsWhatWasAskedFor() throws {
        let bench = try Bench()
        let folder = TemporaryFolder()
        let hgrm = "\(folder.path)/latency.hgrm"
        let (finished, result) = try bench.run(
            ["--events", "3000", "--skus", "50", "--prefill", "--seed", "9", "--malformed", "0.02", "--misrouted", "0.02", "--hgrm", hgrm])
        #expect(finished.status == 0, "\(finished)")
        #expect(result["acknowledged"] as? Int == 3_000)
        #expect(result["failed"] as? Int == 0 && result["unreported"] as? Int == 0)
        #expect(result["partitions"] as? Int == 4)
        #expect((result["options"] as? [String: Any])?["seed"] as? String == "9")
        let kinds = try #require(result["kinds"] as? [String: Int])
        #expect(kinds.values.reduce(0, +) == 3_000)
        #expect((30...100).contains(kinds["malformed"] ?? 0) && (30...100).contains(kinds["misrouted"] ?? 0))
        let prefill = try #require(result["prefill"] as? [String: Any])
        // A definition and three warehouses each, and two stores for the 26 SKUs that are there.
        #expect(prefill["acknowledged"] as? Int == 50 * 4 + 26 * 2)
        let latency = try #require(result["deliveryLatencyMilliseconds"] as? [String: Any])
        #expect(latency["count"] as? Int == 3_000)
        #expect(try String(contentsOfFile: hgrm, encoding: .utf8).contains("#[Max"))
    }

    @Test func keepsItsRateAndItsDuration() throws {
        let bench = try Bench()
        let (finished, result) = try bench.run(["--rate", "500", "--duration", "2", "--skus", "20"])
        #expect(finished.status == 0, "\(finished)")
        // Every record that was due in two seconds, however late it was sent.
        #expect(result["handedOver"] as? Int == 1_000)
        let sending = try #require(result["sendingSeconds"] as? Double)
        #expect(sending >= 1.99)
        #expect(finished.errors.contains("acknowledged"), "progress")
    }

    @Test func endsWithTheResultWhenInterrupted() throws {
        let bench = try Bench()
        let child = try ChildProcess(
            Project.program, ["bench", "produce", "--bootstrap", bench.cluster.bootstrapServers, "--rate", "200", "--duration", "600"])
        _ = try within(seconds: 60, "progress") { child.errors.contains("acknowledged") ? true : nil }
        child.signal(SIGINT)
        #expect(try child.waitForExit(seconds: 60) == 0, "\(child.errors)")
        let result = try Bench.result(child.output)
        #expect(result["stoppedBySignal"] as? Bool == true)
        #expect((result["acknowledged"] as? Int ?? 0) > 0)
    }

    @Test func namesWhatCannotBe() throws {
        let reserved = try ChildProcess.run(Project.program, ["bench", "produce", "--kafka-property", "acks=0"])
        #expect(reserved.status == 78, "\(reserved)")
        #expect(reserved.errors.contains("acks"))
        let unclear = try ChildProcess.run(Project.program, ["bench", "produce", "--kafka-property", "acks"])
        #expect(unclear.status == 64 && unclear.errors.contains("NAME=VALUE"))
        let shares = try ChildProcess.run(Project.program, ["bench", "produce", "--duplicates", "0.7", "--malformed", "0.7"])
        #expect(shares.status == 64 && shares.errors.contains("together at most 1"))
    }
}

extension RealSystemTests {
    /// What the embedded broker does not do: it makes every topic that somebody asks for.
    @Suite struct BenchProduceTests {
        @Test func tellsOfATopicThatIsNotThere() throws {
            let broker = try RealBroker.shared.get()
            let finished = try ChildProcess.run(
                Project.program, ["bench", "produce", "--bootstrap", broker.bootstrap, "--topic", "nowhere", "--events", "1"])
            #expect(finished.status == 69, "\(finished)")
            #expect(finished.errors.contains("nowhere"))
        }
    }
}
