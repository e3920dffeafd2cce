import HTTPAdapter
import KafkaAdapter
import RedisAdapter
import StockCore
import StockStream
import Telemetry

/// What the engine shows on its metrics port, made from the copies on the status board.
struct EngineMetrics: Sendable {
    let runtime: EngineRuntime

    var routes: MetricsServer.Routes {
        .init(
            metrics: { .metrics(metrics()) }, live: { HealthReport([.init("process", .pass)]).response() },
            ready: { readiness().response() },
            version: { .version(name: "stockstream", version: stockstreamVersion) })
    }

    // MARK: - Readiness

    /// Ready: every task of ours runs, commits get through, Redis stands.
    func readiness() -> HealthReport {
        var checks: [HealthReport.Check] = []
        let entries = runtime.board.snapshot
        for task in runtime.board.tasks {
            let name = "partition-\(task.partition)"
            switch task.phase {
            case .running:
                if let error = task.checkpointError {
                    let reason = "the broker refuses the checkpoint of \(task.checkpointRefused) SKUs: \(error)"
                    checks.append(.init(name, .fail, reason: reason))
                } else {
                    checks.append(.init(name, task.isClockOff ? .warn : .pass, reason: task.isClockOff ? "this clock is off" : ""))
                }
            case .stopped(let reason): checks.append(.init(name, .fail, reason: reason.message))
            default:
                let wait = task.standstill.map { ", waits since \($0.milliseconds / 1_000) s for \($0.awaited)" }
                checks.append(.init(name, .fail, reason: "restoring" + (wait ?? "")))
            }
        }
        let now = SystemClock().wallMilliseconds()
        for case let status? in entries.map(\.status) {
            if let problem = status.commitProblem(nowMilliseconds: now) { checks.append(.init("kafka", .fail, reason: problem)) }
        }
        if checks.isEmpty { checks.append(.init("kafka", .fail, reason: "no partition is assigned yet")) }
        for entry in entries {
            guard let redis = entry.redis else { continue }
            if redis.problems.isEmpty {
                checks.append(.init("redis", redis.isConnected ? .pass : .warn, reason: redis.isConnected ? "" : "not connected yet"))
            }
            for problem in redis.problems { checks.append(.init("redis", .fail, reason: problem)) }
        }
        return HealthReport(checks)
    }

    // MARK: - Metrics

    func metrics() -> MetricsText {
        var text = MetricsText()
        text.addProcess()
        text.gauge(
            "stock_build_info", help: "The program's version, and that of its Kafka client.",
            labels: ["version": stockstreamVersion, "librdkafka": KafkaLibrary.version], 1)
        if let error = runtime.clock.errorMilliseconds {
            text.gauge("stock_clock_error_seconds", help: "How far this clock is ahead of the brokers'.", Double(error) / 1_000)
        }
        if let standby = runtime.standby?.status { describe(standby, &text) }
        for entry in runtime.board.snapshot {
            guard let status = entry.status else { continue }
            let worker = String(status.worker)
            count(status.counters, worker, &text)
            histogram("stock_end_to_end_latency_seconds", "From a record's stamp to its commit.", status.latency, worker, &text)
            histogram("stock_transaction_duration_seconds", "From begin to commit of a transaction.", status.transaction, worker, &text)
            for (client, count) in status.misrouted.sorted(by: { $0.key < $1.key }) {
                text.counter(
                    "stock_misrouted_records_total", help: "Records on a wrong partition, by the source that sent them.",
                    labels: ["worker": worker, "client": client], count)
            }
            for task in status.tasks { describe(task, status.timeMilliseconds, &text) }
            if let redis = entry.redis {
                text.gauge(
                    "stock_redis_connected", help: "Whether the read model is connected.", labels: ["worker": worker],
                    redis.isConnected ? 1 : 0)
                text.counter(
                    "stock_redis_batches_total", help: "Batches of the read model that became visible.", labels: ["worker": worker],
                    redis.batches)
                text.counter(
                    "stock_redis_skus_total", help: "SKUs written to the read model.", labels: ["worker": worker], redis.skusProjected)
                text.counter(
                    "stock_redis_reconnects_total", help: "Connections beyond the first.", labels: ["worker": worker], redis.reconnects)
                text.counter(
                    "stock_redis_server_restarts_total", help: "Times that another run of the server was found: a restart or a failover.",
                    labels: ["worker": worker], redis.serverRestarts)
                text.gauge(
                    "stock_redis_problems", help: "Problems of the read model (see /readyz).", labels: ["worker": worker],
                    redis.problems.count)
            }
        }
        return text
    }

    private func count(_ counters: WorkerCounters, _ worker: String, _ text: inout MetricsText) {
        let results: [(String, Int64)] = [
            ("accepted", counters.accepted), ("rejected", counters.rejected), ("duplicate", counters.duplicates),
            ("dead_lettered", counters.deadLetters), ("rerouted", counters.rerouted),
        ]
        for (result, value) in results {
            text.counter(
                "stock_events_total", help: "Input records by what became of them.", labels: ["worker": worker, "result": result], value)
        }
        let others: [(String, String, Int64)] = [
            ("stock_idempotent_replays_total", "Events that had been seen before, without effect.", counters.duplicates),
            ("stock_dlq_messages_total", "Records written to the dead-letter topic.", counters.deadLetters),
            ("stock_oversell_rejections_total", "Events refused for lack of stock.", counters.oversellRefused),
            ("stock_timer_facts_total", "Facts made by timers.", counters.timerFacts),
            ("stock_alerts_total", "Alerts written.", counters.alerts),
            ("stock_transactions_total", "Transactions committed.", counters.transactions),
            ("stock_transactions_aborted_total", "Transactions undone.", counters.aborts),
            ("stock_transactions_unknown_total", "Commits whose outcome the claim had to tell.", counters.unknownOutcomes),
            ("stock_producers_rebuilt_total", "Producers made anew.", counters.producersRebuilt),
            ("stock_checkpoint_records_total", "State records written.", counters.checkpointRecords),
            ("stock_fencings_total", "Dead owners fenced.", counters.fencings),
            ("stock_transactions_sealed_total", "Times that transactions without an end were given one.", counters.seals),
            ("stock_partitions_rolled_back_total", "Partitions restored again: committed facts were gone.", counters.rollbacks),
            ("stock_future_stamps_total", "Records stamped later than the clock allows, taken as now.", counters.futureStamps),
            ("stock_rebalances_total", "Assignments and revocations.", counters.rebalances),
            ("stock_consumer_errors_total", "Errors of the consumer.", counters.sourceErrors),
        ]
        for (name, help, value) in others { text.counter(name, help: help, labels: ["worker": worker], value) }
    }

    private func describe(_ task: TaskStatus, _ now: Int64, _ text: inout MetricsText) {
        let labels: MetricsText.Labels = ["partition": String(task.partition)]
        if let lag = task.lag { text.gauge("stock_kafka_consumer_lag", help: "Input records behind the end.", labels: labels, lag) }
        text.gauge("stock_partition_running", help: "Whether the partition is processed.", labels: labels, task.phase == .running ? 1 : 0)
        if case .stopped = task.phase {
            text.gauge("stock_partition_stopped", help: "Whether a check has stopped it.", labels: labels, 1)
        } else {
            text.gauge("stock_partition_stopped", help: "Whether a check has stopped it.", labels: labels, 0)
        }
        text.gauge(
            "stock_inconsistent", help: "Whether an identity of the state was found broken.", labels: labels,
            task.inconsistency == nil ? 0 : 1)
        if let found = task.inconsistency {
            text.gauge("stock_inconsistent_seq", help: "The seq by which it was broken at the latest.", labels: labels, found.seq)
            text.gauge("stock_inconsistent_offset", help: "The input offset of that fact; -1: not known.", labels: labels, found.offset)
        }
        text.counter("stock_identity_passes_total", help: "Times that every record was checked.", labels: labels, task.identityPasses)
        text.gauge("stock_partition_seq", help: "The seq of the last fact.", labels: labels, task.seq)
        text.gauge("stock_skus", help: "SKUs known.", labels: labels, task.skus)
        text.gauge("stock_reservations_active", help: "Open holds.", labels: labels, task.openHolds)
        text.gauge("stock_commitments_active", help: "Open commitments.", labels: labels, task.openCommitments)
        text.gauge("stock_closed_records", help: "Finished business ids remembered.", labels: labels, task.closedRecords)
        text.gauge("stock_id_window_entries", help: "Event ids remembered.", labels: labels, task.idWindow)
        text.counter("stock_ids_evicted_early_total", help: "Ids evicted younger than promised.", labels: labels, task.idsEvictedEarly)
        text.counter(
            "stock_closed_forgotten_early_total", help: "Closed records removed before their age.", labels: labels, task.forgottenEarly)
        let age = task.oldestUnwrittenMilliseconds.map { max(0, now - $0) } ?? 0
        text.gauge(
            "stock_snapshot_age_seconds", help: "Age of the oldest change that no checkpoint has.", labels: labels, Double(age) / 1_000)
        text.gauge(
            "stock_checkpoint_refused_skus", help: "SKUs whose checkpoint the broker refuses; the id window counts as one.", labels: labels,
            task.checkpointRefused)
        text.gauge("stock_view_pending_skus", help: "SKUs whose last change the read model lacks.", labels: labels, task.unprojected)
        text.gauge(
            "stock_view_lag_facts", help: "Facts that the read model lacks.", labels: labels, max(0, task.seq - max(0, task.projectedSeq)))
        text.gauge("stock_clock_off", help: "Whether this clock is off the stamps of new records.", labels: labels, task.isClockOff ? 1 : 0)
        text.gauge(
            "stock_restore_duration_seconds", help: "How long the last restore took.", labels: labels,
            Double(task.restoreMilliseconds) / 1_000)
    }

    private func describe(_ standby: StandbyStatus, _ text: inout MetricsText) {
        for (state, count) in [("following", standby.followed.count), ("loading", standby.loading)] {
            text.gauge(
                "stock_standby_partitions", help: "Partitions of other engines, by whether their state is here.",
                labels: ["state": state], count)
        }
        for (partition, seq) in standby.followed {
            text.gauge(
                "stock_standby_seq", help: "The seq of the last fact of another engine's partition that is here.",
                labels: ["partition": String(partition)], seq)
        }
    }

    /// Bucket bounds in microseconds.
    private static let bounds: [Int64] = [
        1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
    ]

    private func histogram(_ name: String, _ help: String, _ histogram: LatencyHistogram, _ worker: String, _ text: inout MetricsText) {
        let counts = histogram.cumulativeCounts(atMicroseconds: EngineMetrics.bounds)
        let buckets = zip(EngineMetrics.bounds, counts).map {
            MetricsText.Bucket(upperBound: Double($0) / 1_000_000, cumulativeCount: $1)
        }
        text.histogram(
            name, help: help, labels: ["worker": worker], buckets: buckets, count: histogram.count,
            sum: Double(histogram.sumMicroseconds) / 1_000_000)
    }
}
