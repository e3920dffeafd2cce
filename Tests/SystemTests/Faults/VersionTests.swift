import Foundation
import KafkaAdapter
import Testing

extension RealSystemTests {
    /// Which broker and which client library the tests of this run are about: `scripts/faults` asks for others than the usual ones.
    @Suite struct VersionTests {
        /// Without the library's path in the engine's environment, the engine reports Debian's version. EXPECT_LIBRDKAFKA and EXPECT_KAFKA
        /// name what has to be in use.
        @Test func whatWasAskedForIsInUse() throws {
            let environment = ProcessInfo.processInfo.environment
            let installation = try Installation(partitions: 1)
            let engine = try installation.startEngine(awaited: 1)
            let body = try #require(Web.get(engine.port, "/metrics")).body
            let engineLibrary = try #require(body.firstMatch(of: #/stock_build_info\{[^}]*librdkafka="([^"]+)"/#)?.1)
            let broker = try version(of: installation.broker)
            try engine.drain()
            print("in use: Apache Kafka \(broker); librdkafka \(KafkaLibrary.version) in the tests, \(engineLibrary) in the engine")
            if let library = environment["EXPECT_LIBRDKAFKA"] {
                #expect(KafkaLibrary.version == library)
                #expect(String(engineLibrary) == library)
            }
            if let version = environment["EXPECT_KAFKA"] { #expect(broker == version) }
        }

        /// The broker's version, by the archive that its process has open.
        private func version(of broker: RealBroker) throws -> String {
            let text = try String(contentsOfFile: "\(broker.folder)/node-1/pid", encoding: .utf8)
            let pid = text.trimmingCharacters(in: .whitespacesAndNewlines)
            let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
            }
            let archive = files.lazy.compactMap { $0.firstMatch(of: #/kafka-clients-([0-9].*)\.jar$/#)?.1 }.first
            return String(try #require(archive, "no client archive is open"))
        }
    }
}
