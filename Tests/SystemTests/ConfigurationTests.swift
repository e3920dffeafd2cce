import Foundation
import Testing

/// What the program says to a wrong configuration; no broker is asked.
@Suite struct ConfigurationTests {
    private func engine(_ file: String?, _ more: [String: String] = [:]) throws -> (finished: ChildProcess.Finished, path: String) {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/engine.yaml"
        if let file { try file.write(toFile: path, atomically: true, encoding: .utf8) }
        let environment = Installation.cleanEnvironment.merging(more) { $1 }
        let arguments = ["engine"] + (file == nil ? [] : ["--config", path])
        return (try ChildProcess.run(Project.program, arguments, environment: environment), path)
    }

    @Test func everyErrorNamesKeyLineValueAndWhatIsAllowed() throws {
        let (finished, path) = try engine(
            """
            kafka:
              bootstrap: localhost:9092
              grup: stock
            engine:
              batchRecords: 0
              workers: many
            log:
              level: loud
            """, ["STOCKSTREAM_REDIS_DATABASE": "-1"])
        #expect(finished.status == 78)
        let lines = finished.errors.split(separator: "\n")
        func line(_ parts: String...) -> Bool { lines.contains { line in parts.allSatisfy { line.contains($0) } } }
        #expect(line("\(path):3:", "grup", "group"), "\(finished)")
        #expect(line("\(path):5:", "engine.batchRecords", "0", "1 to 100000"), "\(finished)")
        #expect(line("\(path):6:", "engine.workers", "many", "1 to 256"), "\(finished)")
        #expect(line("\(path):8:", "log.level", "loud", "error, warning, notice, info, debug"), "\(finished)")
        #expect(line("STOCKSTREAM_REDIS_DATABASE", "redis.database", "-1", "0 to 65535"), "\(finished)")
        #expect(finished.output.isEmpty)
    }

    @Test func brokenYAMLNamesItsPlace() throws {
        let (finished, path) = try engine("kafka:\n  bootstrap: [a\n")
        #expect(finished.status == 78)
        #expect(finished.errors.contains("\(path):"), "\(finished)")
    }

    @Test func missingFileIsNamed() throws {
        let finished = try ChildProcess.run(
            Project.program, ["engine", "--config", "missing/engine.yaml"], environment: Installation.cleanEnvironment, seconds: 60)
        #expect(finished.status != 0 && finished.errors.contains("missing/engine.yaml"), "\(finished)")
    }

    @Test func propertiesOfExactlyOnceAreRefusedAndSecretsNotPrinted() throws {
        let (finished, _) = try engine(
            nil,
            [
                "STOCKSTREAM_KAFKA_PROPERTIES_ISOLATION_LEVEL": "read_uncommitted", "STOCKSTREAM_KAFKA_PROPERTIES_SASL_PASSWORD": "hunter2",
                "STOCKSTREAM_REDIS_ADDRESS": "redis://me:hunter3@[broken",
            ])
        #expect(finished.status == 78, "\(finished)")
        #expect(finished.errors.contains("isolation.level") || finished.errors.contains("redis.address"), "\(finished)")
        #expect(!finished.errors.contains("hunter"), "\(finished)")
    }

    @Test func unknownOptionsAndSubcommandsAreUsageErrors() throws {
        for arguments in [["engin"], ["engine", "--cofnig", "x"], ["topics", "aply"]] {
            let finished = try ChildProcess.run(Project.program, arguments, environment: Installation.cleanEnvironment, seconds: 60)
            #expect(finished.status == 64, "\(arguments): \(finished)")
            #expect(!finished.errors.isEmpty, "\(arguments)")
        }
    }

    @Test func noBrokerEndsWithItsAddress() throws {
        let port = Web.freePort()
        let (finished, _) = try engine(nil, ["STOCKSTREAM_KAFKA_BOOTSTRAP": "127.0.0.1:\(port)"])
        #expect(finished.status == 69 && finished.errors.contains("127.0.0.1:\(port)"), "\(finished)")
    }
}
