import Foundation
import Telemetry
import Testing

@Suite struct MetricsTextTests {
    private static func sample() -> MetricsText {
        var text = MetricsText()
        text.counter("stock_events_total", help: "Consumed records.", labels: ["result": "accepted"], 12)
        text.gauge("stock_build_info", help: "The build.", labels: ["version": "1.0\"\\\n"], 1)
        text.counter("stock_events_total", help: "Consumed records.", labels: ["result": "rejected"], UInt64.max)
        text.histogram(
            "stock_apply_duration_seconds", help: "Time to apply,\nback\\slash.", labels: ["worker": "0"],
            buckets: [.init(upperBound: 0.00001, cumulativeCount: 1), .init(upperBound: 0.5, cumulativeCount: 3)], count: 4, sum: 2.25)
        text.histogram("stock_end_to_end_latency_seconds", help: "Event to view.", buckets: [], count: 0, sum: 0)
        text.gauge("stock_snapshot_age_seconds", help: "Age.", .infinity)
        return text
    }

    @Test func textIsExact() {
        #expect(
            String(decoding: Self.sample().render(), as: UTF8.self) == #"""
                # HELP stock_events_total Consumed records.
                # TYPE stock_events_total counter
                stock_events_total{result="accepted"} 12
                stock_events_total{result="rejected"} 18446744073709551615
                # HELP stock_build_info The build.
                # TYPE stock_build_info gauge
                stock_build_info{version="1.0\"\\\n"} 1
                # HELP stock_apply_duration_seconds Time to apply,\nback\\slash.
                # TYPE stock_apply_duration_seconds histogram
                stock_apply_duration_seconds_bucket{worker="0",le="1e-05"} 1
                stock_apply_duration_seconds_bucket{worker="0",le="0.5"} 3
                stock_apply_duration_seconds_bucket{worker="0",le="+Inf"} 4
                stock_apply_duration_seconds_sum{worker="0"} 2.25
                stock_apply_duration_seconds_count{worker="0"} 4
                # HELP stock_end_to_end_latency_seconds Event to view.
                # TYPE stock_end_to_end_latency_seconds histogram
                stock_end_to_end_latency_seconds_bucket{le="+Inf"} 0
                stock_end_to_end_latency_seconds_sum 0.0
                stock_end_to_end_latency_seconds_count 0
                # HELP stock_snapshot_age_seconds Age.
                # TYPE stock_snapshot_age_seconds gauge
                stock_snapshot_age_seconds +Inf

                """#)
    }

    @Test func theLastSampleOfASeriesCounts() {
        var text = MetricsText()
        for lag in [1, 2] {
            text.gauge("stock_lag", help: "Lag.", labels: ["partition": "3"], lag)
            text.gauge("stock_lag", help: "Lag.", labels: ["partition": "4"], lag * 10)
            text.histogram("stock_seconds", help: "Time.", buckets: [], count: UInt64(lag), sum: Double(lag))
        }
        #expect(
            String(decoding: text.render(), as: UTF8.self) == """
                # HELP stock_lag Lag.
                # TYPE stock_lag gauge
                stock_lag{partition="3"} 2
                stock_lag{partition="4"} 20
                # HELP stock_seconds Time.
                # TYPE stock_seconds histogram
                stock_seconds_bucket{le="+Inf"} 2
                stock_seconds_sum 2.0
                stock_seconds_count 2

                """)
    }

    @Test func theProcessIsDescribed() throws {
        var text = MetricsText()
        text.addProcess()
        let rendered = text.render()
        var values: [String: Double] = [:]
        for line in String(decoding: rendered, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            values[String(parts[0])] = Double(parts[1])
        }
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_virtual_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_max_fds"]) >= 3)
        #expect(try #require(values["process_threads"]) >= 1)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
        let age = Date().timeIntervalSince1970 - (try #require(values["process_start_time_seconds"]))
        #expect(age > -2 && age < 86_400)
        if Promtool.path != nil { #expect(try Promtool.check(rendered).status == 0) }
    }

    @Test(.enabled(if: Promtool.path != nil, "promtool is not installed (Debian package prometheus)"))
    func promtoolAcceptsIt() throws {
        let result = try Promtool.check(Self.sample().render())
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: Promtool.path != nil, "promtool is not installed (Debian package prometheus)"))
    func promtoolWouldRefuseAWrongText() throws {
        #expect(try Promtool.check(Array("stock_x 1\nstock_x 1\nbad-name 2\n".utf8)).status != 0)
    }

    @Test func programmingErrorsStop() async {
        await #expect(processExitsWith: .failure) {
            var text = MetricsText()
            text.counter("stock_events", help: "No suffix.", 1)
        }
        await #expect(processExitsWith: .failure) {
            var text = MetricsText()
            text.gauge("stock_lag", help: "One.", 1)
            text.gauge("stock_lag", help: "Another.", 2)
        }
        await #expect(processExitsWith: .failure) {
            var text = MetricsText()
            text.gauge("1stock", help: "Not a name.", 1)
        }
        await #expect(processExitsWith: .failure) {
            var text = MetricsText()
            text.histogram(
                "stock_seconds", help: "Not cumulative.",
                buckets: [.init(upperBound: 1, cumulativeCount: 3), .init(upperBound: 2, cumulativeCount: 2)], count: 3, sum: 1)
        }
    }
}

/// Prometheus' own checker.
private enum Promtool {
    static var path: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/promtool" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func check(_ text: [UInt8]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: answer, as: UTF8.self))
    }
}
