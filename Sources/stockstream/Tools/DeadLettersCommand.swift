import CommandLineParser
import Configuration
import Foundation
import KafkaAdapter
import StockStream
import StockWire

/// `stockstream dead-letters list|show|resubmit`: what could not be decoded (docs/operations.md).
enum DeadLettersCommand {
    private static let place = [CommandArgument("PARTITION:OFFSET", help: "The letter, as `dead-letters list` names it.")]

    static let subcommands = [
        Subcommand(
            name: "dead-letters list", summary: "List dead letters, the latest last.",
            options: SettingsOptions.all + [
                CommandOption("partition", letter: "p", .integer(0...9_999), help: "Only this partition of the dead-letter topic."),
                CommandOption(
                    "since", .text(placeholder: "TIME"), help: "Only letters from then on: 2026-11-25T14:00:00Z, or 90s, 15m, 2h, 7d ago."),
                CommandOption("limit", .integer(1...1_000_000), defaultValue: "100", help: "The latest so many."),
            ],
            run: { arguments in ToolPlace.run(arguments) { try list($0, arguments) } }),
        Subcommand(
            name: "dead-letters show", summary: "Show one dead letter: reason, headers, key and value.",
            options: SettingsOptions.all + [
                CommandOption("raw", .flag, help: "Write the original value to standard output as it is, and nothing else.")
            ],
            arguments: place, run: { arguments in ToolPlace.run(arguments) { try show($0, arguments) } }),
        Subcommand(
            name: "dead-letters resubmit", summary: "Send a letter back into the input, repaired, with its own id.",
            discussion:
                "The headers are the original's, the key is the SKU of the value. The value must decode; otherwise field and byte of "
                + "the fault are told, and nothing is sent. Sending it twice does no harm: its id is known.",
            options: SettingsOptions.all + [
                CommandOption("value", .path(placeholder: "FILE"), help: "The repaired value (default: the original)."),
                CommandOption("dry-run", .flag, help: "Check and tell, send nothing."),
            ],
            arguments: place, run: { arguments in ToolPlace.run(arguments) { try resubmit($0, arguments) } }),
    ]

    // MARK: - Reading

    /// Gives the letters of one partition, or of all, from `start` on to `body`, until it answers false or the end is reached.
    static func read(
        _ place: ToolPlace, partition: Int32?, from start: Int64?, _ body: (RecordView) throws -> Bool
    ) throws {
        var settings = KafkaReader.Settings(topics: [place.settings.topics.deadLetters])
        settings.partition = partition
        if let partition, let start { settings.start = .offsets([.init(topic: 0, partition: partition): start]) }
        let reader = try KafkaReader(connection: place.settings.kafkaConnection, settings: settings, log: place.logger.kafkaLog)
        defer { reader.close() }
        try connect(place) { reader.connect(waitMilliseconds: 1_000) }
        if let partition, partition >= reader.partitionCount(0) {
            throw CommandFailure(
                "there is no partition \(partition): \(place.settings.topics.deadLetters) has \(reader.partitionCount(0))",
                exitCode: CommandLineProgram.usageExitCode)
        }
        var reading = Set((0..<reader.partitionCount(0)).filter { partition == nil || partition == $0 })
        var since = place.monotonicMilliseconds
        while !reading.isEmpty {
            switch reader.poll(waitMilliseconds: 100) {
            case .record(_, let record):
                since = place.monotonicMilliseconds
                guard try body(record) else { return }
            case .end(_, let partition, _): reading.remove(partition)
            case .failed(let error): if start != nil || error.isFatal { throw error }
            case .none: break
            }
            guard place.monotonicMilliseconds - since < ToolPlace.progressMilliseconds else {
                throw CommandFailure("nothing comes from the broker any more", exitCode: ToolExit.unavailable)
            }
        }
    }

    /// Asks until nothing is in the way; gives up after a while.
    static func connect(_ place: ToolPlace, _ attempt: () -> PortError?) throws {
        let deadline = place.monotonicMilliseconds + 30_000
        while let error = attempt() {
            guard place.monotonicMilliseconds < deadline else { throw error }
        }
    }

    /// The letter that the argument names; its record dies with the end of `body`.
    static func withLetter<Result>(_ place: ToolPlace, _ arguments: ParsedArguments, _ body: (RecordView) throws -> Result) throws -> Result
    {
        let text = arguments.argument("PARTITION:OFFSET") ?? ""
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0, offset >= 0 else {
            throw CommandFailure("\"\(text)\" is not PARTITION:OFFSET, such as 0:1234", exitCode: CommandLineProgram.usageExitCode)
        }
        var result: Result?
        do {
            try read(place, partition: partition, from: offset) { record in
                if record.offset == offset { result = try body(record) }
                return false
            }
        } catch let error as PortError where error.code.contains("OFFSET") {
            throw CommandFailure("there is no letter \(text)")
        }
        guard let result else { throw CommandFailure("there is no letter \(text)") }
        return result
    }

    // MARK: - list

    private static func list(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        let limit = Int(arguments.integer("limit") ?? 100)
        let since = try arguments.text("since").map { try instant($0, now: place.clock.wallMilliseconds()) } ?? Int64.min
        var letters: [DeadLetterCopy] = []
        var count = 0
        func isBefore(_ a: DeadLetterCopy, _ b: DeadLetterCopy) -> Bool {
            (a.timeMilliseconds, a.partition, a.offset) < (b.timeMilliseconds, b.partition, b.offset)
        }
        try read(place, partition: arguments.integer("partition").map { Int32($0) }, from: nil) { record in
            guard record.timestampMilliseconds >= since, !SealRecord.matches(record) else { return true }
            count += 1
            var letter = DeadLetterCopy(record)
            // A list needs neither, and they may be large.
            letter.value = nil
            letter.headers.removeAll { !$0.name.hasPrefix("dlq-") }
            letters.append(letter)
            if letters.count >= 2 * limit {
                letters.sort(by: isBefore)
                letters.removeFirst(letters.count - limit)
            }
            return true
        }
        letters.sort(by: isBefore)
        for letter in letters.suffix(limit) { print(printable(line(letter))) }
        CommandFailure.print(error: "\(count) letters\(count > limit ? ", the latest \(limit) shown" : "")")
        return 0
    }

    private static func line(_ letter: DeadLetterCopy) -> String {
        let place = "\(letter.partition):\(letter.offset)".padding(to: 12)
        let origin = "\(letter.topic) \(letter.originalPartition):\(letter.originalOffset)"
        return "\(place) \(timeText(letter.timeMilliseconds))  \(letter.code.padding(to: 18)) \(origin)  \(letter.reason)"
            + (letter.isComplete ? "" : "  (only its beginning was kept)")
    }

    /// A time of RFC 3339, or a time ago.
    private static func instant(_ text: String, now: Int64) throws -> Int64 {
        var copy = text
        if let time = copy.withUTF8({ Timestamp.parse(UnsafeRawBufferPointer($0)) }) { return time }
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number >= 0, number <= 1_000_000 else {
            throw CommandFailure(
                "--since: \"\(text)\" is neither a time such as 2026-11-25T14:00:00Z nor one ago such as 90s, 15m, 2h, 7d",
                exitCode: CommandLineProgram.usageExitCode)
        }
        return now - number * unit
    }

    // MARK: - show

    private static func show(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        let letter = try withLetter(place, arguments) { DeadLetterCopy($0) }
        guard !arguments.flag("raw") else {
            FileHandle.standardOutput.write(Data(letter.value ?? []))
            return 0
        }
        print("letter   \(letter.partition):\(letter.offset), \(timeText(letter.timeMilliseconds))")
        print(printable("reason   \(letter.code): \(letter.reason)"))
        print(printable("from     \(letter.topic) \(letter.originalPartition):\(letter.originalOffset)"))
        if !letter.isComplete {
            print(printable("         only the beginning was kept of \(letter.header("dlq-value-size") ?? "?") bytes of value"))
        }
        for header in letter.headers {
            print("header   \(printable(header.name)): \(header.value.map { printable(bytes: $0) } ?? "null")")
        }
        print("key      \(letter.key.map { printable(bytes: $0) } ?? "none")")
        print("value    \(letter.value.map { printable(bytes: $0) } ?? "none")")
        return 0
    }
}
