import Foundation
import Testing

/// `stockstream dev`, the main job, on the embedded broker: needs nothing but redis-server.
@Suite struct DevTests {
    @Test func embeddedBrokerAndAudit() throws {
        var environment = Installation.cleanEnvironment
        environment["KAFKA_HOME"] = nil
        environment["DEMO_SECONDS"] = "8"
        let finished = try ChildProcess.run(
            Project.program, ["dev", "--rate", "300", "--skus", "200"], environment: environment, seconds: 150)
        #expect(finished.status == 0, "\(finished)")
        #expect(finished.output.contains("Everything agrees."), "\(finished)")
    }
}
