import CommandLineParser
import Foundation

/// The version of the program.
let stockstreamVersion = "0.1.0"

@main
struct Main {
    static func main() {
        let program = CommandLineProgram(
            name: "stockstream", version: stockstreamVersion, summary: "A Kafka stream-processing stock engine.",
            subcommands: [DevCommand.subcommand, EngineCommand.subcommand] + TopicsCommand.subcommands + StateCommand.subcommands
                + DeadLettersCommand.subcommands + [ExplainCommand.subcommand, CaseCommand.subcommand, BenchProduceCommand.subcommand])
        exit(program.run(Array(CommandLine.arguments.dropFirst())))
    }
}
