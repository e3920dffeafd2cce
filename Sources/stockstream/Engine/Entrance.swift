import Configuration
import Foundation
import KafkaAdapter
import Synchronization
import Telemetry

/// Lets the workers into the group when the standby has loaded what the group may give them: until then the engines that are there go on.
/// Where nobody is there, at once.
final class Entrance: Sendable {
    /// How long an engine may load before it joins with what it has, in milliseconds.
    private static let limitMilliseconds: Int64 = 600_000
    private static let glanceMilliseconds: UInt32 = 500

    private let opened = Atomic(false)
    private let isStopping = Atomic(false)

    /// Whether the workers may join.
    var isOpen: Bool { opened.load(ordering: .acquiring) }

    func open() { opened.store(true, ordering: .releasing) }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Looks on a thread of its own until it is open.
    func watch(_ settings: EngineSettings, _ standby: StandbyThread, _ logger: Logger) {
        let thread = Thread { [self] in
            defer { open() }
            let began = SystemClock().monotonicMicroseconds() / 1_000
            guard
                let groups = try? TopicProvisioner(
                    connection: settings.kafkaConnection, waitMilliseconds: KafkaLimits.adminGlanceMilliseconds, log: logger.kafkaLog)
            else { return }
            defer { groups.close() }
            var isTold = false
            while !isStopping.load(ordering: .relaxed), !standby.isWhole {
                let elapsed = SystemClock().monotonicMicroseconds() / 1_000 - began
                guard elapsed < Entrance.limitMilliseconds else {
                    return logger.warning("joining the group with what is loaded", ["milliseconds": .integer(elapsed)])
                }
                // A coordinator that does not answer is asked again.
                if let group = try? groups.describeGroup(settings.kafka.group) {
                    guard !group.members.isEmpty else { return }
                    standby.begin()
                    if !isTold { logger.notice("the group has members: loading the state of the partitions before joining it") }
                    isTold = true
                }
                usleep(Entrance.glanceMilliseconds * 1_000)
            }
        }
        thread.name = "entrance"
        thread.start()
    }
}
