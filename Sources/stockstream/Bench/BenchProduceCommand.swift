import CommandLineParser
import Foundation
import KafkaAdapter
import StockSim
import StockStream

/// `stockstream bench produce`: the bundled benchmark producer.
enum BenchProduceCommand {
    static let subcommand = Subcommand(
        name: "bench produce", summary: "Send a workload to the input topic and measure how it is taken.",
        discussion: """
            Sends --events records, or for --duration seconds, at --rate records a second or as fast as possible. At a given rate \
            the loop is open: each record has a due time, and its latency counts from there to the broker's acknowledgement. \
            Progress goes to standard error once a second, the result as one JSON object to standard output. SIGINT and SIGTERM \
            end it with the result. Exit code 1: not every record was acknowledged.
            """,
        options: options,
        run: { arguments in CommandFailure.catching { try run(arguments) } })

    private static let options = [
        CommandOption("bootstrap", .text(placeholder: "HOST:PORT"), defaultValue: "127.0.0.1:9092", help: "The brokers."),
        CommandOption("topic", .text(placeholder: "NAME"), defaultValue: "stock.events.v1", help: "The input topic."),
        CommandOption(
            "events", letter: "n", .integer(1...1_000_000_000_000), help: "Records to send; 1000000 where --duration is not given either."),
        CommandOption("duration", .number(0.001...31_536_000), help: "Seconds to send."),
        CommandOption(
            "rate", letter: "r", .number(0.001...100_000_000), help: "Records a second; as fast as possible where it is not given."),
        CommandOption("skus", .integer(1...50_000_000), defaultValue: "10000", help: "SKUs in the catalogue."),
        CommandOption("skew", .number(0...10), defaultValue: "0.9", help: "How unequal the SKUs' demand is (Zipf); 0: alike."),
        CommandOption("mix", .choice(WorkloadMix.allCases.map(\.rawValue)), defaultValue: "marketplace", help: "What happens."),
        CommandOption("duplicates", .number(0...1), defaultValue: "0.01", help: "Share of repeats of an event with its id."),
        CommandOption("conflicts", .number(0...1), defaultValue: "0.0005", help: "Share of records with an earlier id and another body."),
        CommandOption("malformed", .number(0...1), defaultValue: "0.001", help: "Share of records that are no event."),
        CommandOption(
            "misrouted", .number(0...1), defaultValue: "0.001", help: "Share of records with a wrong partition, a wrong key or none."),
        CommandOption(
            "cloudevents", .number(0...1), defaultValue: "0.2",
            help: "Share of events in CloudEvents form, binary and structured by halves."),
        CommandOption("seed", .integer(0...Int64.max), help: "From what everything is drawn; from the clock where it is not given."),
        CommandOption(
            "prefill", .flag,
            help: "Send definitions and opening stock of every SKU first, as fast as possible; not part of the measurement."),
        CommandOption("linger", .integer(0...10_000), defaultValue: "5", help: "Milliseconds that records wait for company in a batch."),
        CommandOption(
            "kafka-property", .text(placeholder: "NAME=VALUE"), isRepeatable: true,
            help: "A property for librdkafka, such as security.protocol=ssl."),
        CommandOption(
            "hgrm", .path(placeholder: "FILE"), help: "Write the latency's percentile distribution there (HdrHistogram's text form)."),
    ]

    private static func run(_ arguments: ParsedArguments) throws -> Int32 {
        StopSignal.block()
        let producer = WorkloadProducer(settings: try settings(arguments)) { level, _, message in
            if level <= 3 { CommandFailure.print(error: message) }
        }
        let outcome = Outcome()
        let thread = Thread {
            outcome.finish(Result { try producer.run() })
        }
        thread.stackSize = 8 << 20
        thread.start()
        var meter = ProgressMeter()
        while !outcome.isFinished {
            if StopSignal.wait(milliseconds: 50) {
                // The first asks for the result, a second one ends it at once.
                if producer.wasStopped { return 130 }
                producer.stop()
            }
            meter.show(producer.progress)
        }
        let result = try outcome.result()
        if let path = arguments.text("hgrm") { try write(result.tally.latency.percentileDistribution(), to: path) }
        print(result.json)
        return result.isComplete ? 0 : 1
    }

    private static func settings(_ arguments: ParsedArguments) throws -> WorkloadProducer.Settings {
        var connection = KafkaConnection(bootstrapServers: arguments.text("bootstrap")!, clientID: "stockstream-bench")
        for property in arguments.texts("kafka-property") {
            let parts = property.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure("--kafka-property \(property): NAME=VALUE is expected", exitCode: CommandLineProgram.usageExitCode)
            }
            connection.properties[parts[0]] = parts[1]
        }
        var workload = WorkloadOptions()
        workload.seed = arguments.integer("seed").map { UInt64($0) } ?? UInt64(SystemClock().wallMilliseconds())
        workload.skus = Int(arguments.integer("skus")!)
        workload.skew = arguments.number("skew")!
        workload.mix = WorkloadMix(rawValue: arguments.text("mix")!)!
        workload.hasPrefill = arguments.flag("prefill")
        workload.duplicates = arguments.number("duplicates")!
        workload.conflicts = arguments.number("conflicts")!
        workload.malformed = arguments.number("malformed")!
        workload.misrouted = arguments.number("misrouted")!
        workload.cloudEvents = arguments.number("cloudevents")!
        guard workload.duplicates + workload.conflicts + workload.malformed + workload.misrouted <= 1 else {
            throw CommandFailure(
                "--duplicates, --conflicts, --malformed and --misrouted are shares of one whole: together at most 1",
                exitCode: CommandLineProgram.usageExitCode)
        }
        var settings = WorkloadProducer.Settings(connection: connection, topic: arguments.text("topic")!, workload: workload)
        settings.durationMilliseconds = arguments.number("duration").map { Int64($0 * 1_000) }
        settings.records = arguments.integer("events") ?? (settings.durationMilliseconds == nil ? 1_000_000 : nil)
        settings.rate = arguments.number("rate")
        settings.lingerMilliseconds = Int(arguments.integer("linger")!)
        return settings
    }

    private static func write(_ text: String, to path: String) throws {
        do {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
        } catch {
            throw CommandFailure("--hgrm \(path): \(error.localizedDescription)", exitCode: 73)
        }
    }
}
