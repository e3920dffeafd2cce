import Configuration
import Foundation
import KafkaAdapter
import StockStream
import Synchronization
import Telemetry

/// Lets the workers into the group by `EntranceRule`.
final class Entrance: Sendable {
    private static let glanceMicroseconds: UInt32 = 500_000

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
            guard
                let groups = try? TopicProvisioner(
                    connection: settings.kafkaConnection, waitMilliseconds: KafkaLimits.adminGlanceMilliseconds, log: logger.kafkaLog)
            else { return }
            defer { groups.close() }
            let clock = SystemClock()
            let rule = EntranceRule(nowMilliseconds: clock.monotonicMilliseconds())
            var isTold = false
            while !isStopping.load(ordering: .relaxed) {
                let members = try? groups.describeGroup(settings.kafka.group).members.count
                switch rule.action(isWhole: standby.isWhole, members: members, nowMilliseconds: clock.monotonicMilliseconds()) {
                case .join: return
                case .joinIncomplete: return logger.warning("joining the group with what is loaded: it has taken too long")
                case .load:
                    standby.begin()
                    if !isTold { logger.notice("the group has members: loading the state of the partitions before joining it") }
                    isTold = true
                case .ask: break
                }
                usleep(Entrance.glanceMicroseconds)
            }
        }
        thread.name = "entrance"
        thread.start()
    }
}
