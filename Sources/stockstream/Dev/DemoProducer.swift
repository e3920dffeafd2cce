import Configuration
import Foundation
import KafkaAdapter
import StockSim
import StockStream
import Synchronization
import Telemetry

/// Streams a workload into the input topic at a steady rate, on a thread of its own.
final class DemoProducer: Sendable {
    private let producer: WorkloadProducer
    private let isEnded = Atomic(false)

    init(settings: EngineSettings, workload: WorkloadOptions, rate: Double, logger: Logger) {
        producer = WorkloadProducer(
            settings: .init(
                connection: settings.kafkaConnection, topic: settings.topics.events, workload: workload, rate: rate,
                prefillRate: rate * 10),
            log: logger.kafkaLog)
    }

    /// How far it is.
    var progress: WorkloadProducer.Progress { producer.progress }

    func start() {
        let thread = Thread { [self] in
            do {
                _ = try producer.run()
            } catch {
                CommandFailure.print(error: "the producer ended: \(error)")
            }
            isEnded.store(true, ordering: .releasing)
        }
        thread.name = "producer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Asks for the end and waits up to 40 seconds until everything is acknowledged.
    func finish() -> WorkloadProducer.Progress {
        producer.stop()
        for _ in 0..<2_000 where !isEnded.load(ordering: .acquiring) { usleep(20_000) }
        return producer.progress
    }
}
