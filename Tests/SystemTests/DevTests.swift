import Foundation
import Testing

/// `stockstream dev`, the main job: one command, nothing to set up.
@Suite struct DevTests {
    /// Needs nothing but redis-server.
    @Test func embeddedBrokerAndAudit() throws { try DevTests.run(kafkaHome: nil) }

    static func run(kafkaHome: String?) throws {
        var environment = Installation.cleanEnvironment
        environment["KAFKA_HOME"] = kafkaHome
        environment["DEMO_SECONDS"] = "8"
        let finished = try ChildProcess.run(
            Project.program, ["dev", "--rate", "300", "--skus", "200"], environment: environment, seconds: 180)
        #expect(finished.status == 0, "\(finished)")
        #expect(finished.output.contains("Conservation report") && finished.output.contains("Everything agrees."), "\(finished)")
    }
}

extension RealSystemTests {
    @Suite struct DevOnRealBrokerTests {
        @Test func realBrokerAndAudit() throws { try DevTests.run(kafkaHome: ProcessInfo.processInfo.environment["KAFKA_HOME"]) }
    }
}
