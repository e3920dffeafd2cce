import Foundation
import Glibc
import StockStream

/// What `dev` shows while it runs: a screen that is drawn again on a terminal, plain lines elsewhere.
struct LiveView {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var lastFacts: Int64 = 0
    private var lastTime = ProcessInfo.processInfo.systemUptime
    private var lastLatency = LatencyHistogram()
    private var lastPlain: Double = 0
    private var rate: Double = 0
    let heading: [String]

    init(heading: [String]) {
        self.heading = heading
        for line in heading { print(line) }
        fflush(nil)
    }

    /// Draws once; called about twice a second.
    mutating func draw(_ board: StatusBoard, _ glance: DemoAuditor.Glance, produced: Int64, secondsLeft: Int?) {
        let entries = board.snapshot.compactMap(\.status)
        var counters = WorkerCounters()
        var latency = LatencyHistogram()
        for status in entries {
            counters.records += status.counters.records
            counters.accepted += status.counters.accepted
            counters.rejected += status.counters.rejected
            counters.oversellRefused += status.counters.oversellRefused
            counters.duplicates += status.counters.duplicates
            counters.deadLetters += status.counters.deadLetters
            counters.rerouted += status.counters.rerouted
            latency.merge(status.latency)
        }
        let now = ProcessInfo.processInfo.systemUptime
        if now > lastTime { rate = 0.5 * rate + 0.5 * Double(counters.records - lastFacts) / (now - lastTime) }
        lastFacts = counters.records
        lastTime = now
        let percentiles = "p50 \(milliseconds(latency, 50)) p99 \(milliseconds(latency, 99))"
        let tasks = entries.flatMap(\.tasks).sorted { $0.partition < $1.partition }
        if isTerminal {
            screen(counters, glance, tasks, percentiles, produced, secondsLeft)
        } else if now - lastPlain >= 2 {
            lastPlain = now
            let lag = tasks.compactMap(\.lag).reduce(0, +)
            print(
                "\(Int(rate)) events/s, latency \(percentiles), lag \(lag), produced \(produced), accepted \(counters.accepted), "
                    + "oversells refused \(counters.oversellRefused), duplicates \(counters.duplicates), "
                    + "dead letters \(counters.deadLetters), "
                    + "low \(glance.low.count), out \(glance.out.count)")
            fflush(nil)
        }
    }

    private func milliseconds(_ histogram: LatencyHistogram, _ percentile: Double) -> String {
        let value = Double(histogram.microseconds(atPercentile: percentile)) / 1_000
        return "\(Int(value.rounded())) ms"
    }

    private func screen(
        _ counters: WorkerCounters, _ glance: DemoAuditor.Glance, _ tasks: [TaskStatus], _ percentiles: String, _ produced: Int64,
        _ secondsLeft: Int?
    ) {
        var lines = heading
        lines.append("")
        lines.append(
            "events/s \(Int(rate))    end to end \(percentiles)    produced \(produced)" + (secondsLeft.map { "    \($0) s left" } ?? ""))
        lines.append(
            "accepted \(counters.accepted)    refused \(counters.rejected) (oversells \(counters.oversellRefused))    duplicates "
                + "\(counters.duplicates)    dead letters \(counters.deadLetters)    rerouted \(counters.rerouted)")
        lines.append("low places \(glance.low.count)    SKUs out of stock \(glance.out.count)    audit problems \(glance.problems)")
        lines.append("")
        lines.append("partition   phase      seq        lag     SKUs    holds   view behind")
        for task in tasks {
            let phase =
                switch task.phase {
                case .running: "running"
                case .stopped: "STOPPED"
                default: "restoring"
                }
            let cells = [
                String(task.partition), phase, String(task.seq), task.lag.map(String.init) ?? "?", String(task.skus),
                String(task.openHolds), String(task.unprojected),
            ]
            let widths = [12, 11, 11, 8, 8, 8, 8]
            lines.append(zip(cells, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined())
        }
        lines.append("")
        lines.append("last alerts")
        lines += glance.alerts.map { "  " + $0 }
        print("\u{1B}[H\u{1B}[J" + lines.joined(separator: "\n"))
        fflush(nil)
    }
}
