import CommandLineParser
import Synchronization
import Testing

/// A program whose runs and texts are kept.
final class Harness: Sendable {
    struct Run: Sendable {
        var name: String
        var arguments: ParsedArguments
    }

    private let runs = Mutex<[Run]>([])
    private let texts = Mutex<(output: String, error: String)>(("", ""))

    var lastRun: Run? { runs.withLock { $0.last } }
    var output: String { texts.withLock { $0.output } }
    var error: String { texts.withLock { $0.error } }

    func run(_ words: String...) -> Int32 { program.run(words) }

    var program: CommandLineProgram {
        CommandLineProgram(name: "stock", version: "1.2.3", summary: "A stock engine.", subcommands: subcommands) { stream, text in
            self.texts.withLock {
                switch stream {
                case .output: $0.output += text
                case .error: $0.error += text
                }
            }
        }
    }

    private func record(_ name: String) -> @Sendable (ParsedArguments) -> Int32 {
        { arguments in
            self.runs.withLock { $0.append(Run(name: name, arguments: arguments)) }
            return 7
        }
    }

    private var subcommands: [Subcommand] {
        [
            Subcommand(
                name: "engine", summary: "Run the engine.",
                options: [
                    CommandOption("config", letter: "c", .path(placeholder: "FILE"), isRequired: true, help: "The configuration."),
                    CommandOption("workers", letter: "w", .integer(1...64), help: "Threads."),
                    CommandOption("rate", .number(0...10), defaultValue: "1.5", help: "Rate."),
                    CommandOption("mix", .choice(["flash", "till"]), defaultValue: "till", help: "Mix."),
                    CommandOption("set", .text(placeholder: "KEY=VALUE"), isRepeatable: true, help: "A setting."),
                    CommandOption("verbose", letter: "v", .flag, help: "More lines."),
                    CommandOption("quiet", letter: "q", .flag, help: "Fewer lines."),
                ], run: record("engine")),
            Subcommand(
                name: "topics apply", summary: "Create topics.", arguments: [CommandArgument("TOPIC", .any, help: "Only these.")],
                run: record("topics apply")),
            Subcommand(name: "topics diff", summary: "Compare topics.", run: record("topics diff")),
            Subcommand(
                name: "explain", summary: "Explain a number.",
                arguments: [
                    CommandArgument("SKU", help: "The SKU."),
                    CommandArgument("FORM", .optional, choices: ["json", "text"], help: "The form."),
                ], run: record("explain")),
        ]
    }
}

@Suite struct ParsingTests {
    @Test func everyFormOfAnOption() throws {
        for words in [
            ["engine", "--config", "a.yaml", "--workers", "4", "-v", "-q"], ["engine", "--config=a.yaml", "-w4", "-vq"],
            ["engine", "-ca.yaml", "-vqw", "4"], ["engine", "-qv", "-w", "4", "-c", "a.yaml"],
        ] {
            let harness = Harness()
            #expect(harness.program.run(words) == 7)
            let arguments = try #require(harness.lastRun?.arguments)
            #expect(arguments.text("config") == "a.yaml")
            #expect(arguments.integer("workers") == 4)
            #expect(arguments.flag("verbose") && arguments.flag("quiet"))
        }
    }

    @Test func defaultsAndWhatIsNotGiven() throws {
        let harness = Harness()
        #expect(harness.run("engine", "--config", "x") == 7)
        let arguments = try #require(harness.lastRun?.arguments)
        #expect(arguments.integer("workers") == nil)
        #expect(arguments.number("rate") == 1.5)
        #expect(arguments.text("mix") == "till")
        #expect(arguments.texts("set") == [])
        #expect(!arguments.flag("verbose"))
        #expect(!arguments.isGiven("rate") && arguments.isGiven("config"))
    }

    @Test func repeatedOptionsKeepTheirOrder() throws {
        let harness = Harness()
        #expect(harness.run("engine", "--set=a=1", "-c", "x", "--set", "b=") == 7)
        #expect(try #require(harness.lastRun).arguments.texts("set") == ["a=1", "b="])
    }

    @Test func argumentsByPlaceAndBehindTwoHyphens() throws {
        let harness = Harness()
        #expect(harness.run("explain", "--", "--sku") == 7)
        #expect(try #require(harness.lastRun).arguments.argument("SKU") == "--sku")
        #expect(harness.run("explain", "A-1", "json") == 7)
        #expect(try #require(harness.lastRun).arguments.argument("FORM") == "json")
        #expect(harness.run("explain", "-5") == 7, "a negative number is no option")
        #expect(harness.run("topics", "apply", "a", "b") == 7)
        #expect(try #require(harness.lastRun).name == "topics apply")
        #expect(try #require(harness.lastRun).arguments.arguments("TOPIC") == ["a", "b"])
    }

    @Test(arguments: [
        (["engine", "--config", "x", "--wrokers", "3"], "unknown option --wrokers; did you mean --workers?"),
        (["engine", "--config", "x", "--zzzzzzz"], "unknown option --zzzzzzz\n"),
        (["engine", "--config", "x", "-z"], "unknown option -z"),
        (["engine", "--config", "x", "--workers", "65"], #"option --workers: "65" is not allowed; allowed: a whole number from 1 to 64"#),
        (["engine", "--config", "x", "--workers", "4x"], #"option --workers: "4x" is not allowed"#),
        (["engine", "--config", "x", "--rate", "nan"], #"option --rate: "nan" is not allowed; allowed: a number from 0.0 to 10.0"#),
        (["engine", "--config", "x", "--mix", "all"], #"option --mix: "all" is not allowed; allowed: flash, till"#),
        (["engine", "--config", "x", "--verbose=yes"], "option --verbose takes no value"),
        (["engine", "--config", "x", "--config", "y"], "option --config is given twice"),
        (["engine", "--config"], "option --config needs a value: FILE"),
        (["engine", "--config", "--verbose"], "option --config needs a value: FILE"),
        (["engine"], "option --config is missing"),
        (["engine", "--config", "x", "stray"], #"unexpected argument "stray""#),
        (["explain"], "argument SKU is missing"),
        (["explain", "A", "xml"], #"argument FORM: "xml" is not allowed; allowed: json, text"#),
        (["topics", "aply"], "unknown subcommand topics aply; did you mean topics apply?"),
        (["engin"], "unknown subcommand engin; did you mean engine?"),
        (["topcis", "apply"], "did you mean topics apply?"),
        (["--verson"], "unknown option --verson; did you mean --version?"),
        (["completion", "zsh"], "allowed: bash"),
    ])
    func usageErrors(words: [String], message: String) {
        let harness = Harness()
        #expect(harness.program.run(words) == 64)
        #expect(harness.error.contains(message), "\(harness.error)")
        #expect(harness.output.isEmpty)
        #expect(harness.lastRun == nil)
    }

    @Test func wrongDeclarationsStop() async {
        await #expect(processExitsWith: .failure) {
            _ = CommandOption("n", .integer(1...2), defaultValue: "3", help: "Its default is out of range.")
        }
        await #expect(processExitsWith: .failure) {
            _ = Subcommand(
                name: "x", summary: "Twice the same.",
                options: [CommandOption("a", .flag, help: "One."), CommandOption("a", .flag, help: "Two.")]
            ) { _ in 0 }
        }
        await #expect(processExitsWith: .failure) {
            _ = Subcommand(name: "x", summary: "Asks for what is not declared.") { $0.flag("a") ? 0 : 1 }
                .run(try! #require(Harness().declaredNothing()))
        }
    }
}

extension Harness {
    /// Arguments of a subcommand that declares nothing.
    func declaredNothing() -> ParsedArguments? {
        _ = run("topics", "diff")
        return lastRun?.arguments
    }
}

@Suite struct HelpTests {
    @Test func helpOfTheProgram() {
        let harness = Harness()
        #expect(harness.run("--help") == 0)
        #expect(
            harness.output == """
                A stock engine.

                Usage: stock SUBCOMMAND [OPTION]... [ARGUMENT]...

                Subcommands:
                  engine           Run the engine.
                  topics apply     Create topics.
                  topics diff      Compare topics.
                  explain          Explain a number.
                  completion bash  Print a completion script for bash.
                  help SUBCOMMAND  Print the help of a subcommand.

                Options:
                  -h, --help     Print help.
                      --version  Print the version.

                """)
    }

    @Test func helpOfASubcommand() {
        for words in [["engine", "--help"], ["engine", "-c", "x", "-h"], ["help", "engine"]] {
            let harness = Harness()
            #expect(harness.program.run(words) == 0)
            #expect(
                harness.output == """
                    Run the engine.

                    Usage: stock engine --config FILE [OPTION]...

                    Options:
                      -c, --config FILE     The configuration. Must be given.
                      -w, --workers N       Threads. From 1 to 64.
                          --rate X          Rate. From 0.0 to 10.0. Default: 1.5.
                          --mix flash|till  Mix. Default: till.
                          --set KEY=VALUE   A setting. May be given more than once.
                      -v, --verbose         More lines.
                      -q, --quiet           Fewer lines.
                      -h, --help            Print this help.

                    """)
        }
    }

    @Test func helpOfAGroup() {
        for words in [["topics", "--help"], ["help", "topics"]] {
            let harness = Harness()
            #expect(harness.program.run(words) == 0)
            #expect(harness.output.contains("topics apply") && !harness.output.contains("engine"))
        }
        let harness = Harness()
        #expect(harness.run("topics") == 64)
        #expect(harness.error.contains("topics diff"))
    }

    @Test func versionAndNothing() {
        let harness = Harness()
        #expect(harness.run("--version") == 0)
        #expect(harness.output == "stock 1.2.3\n")
        #expect(harness.program.run([]) == 64)
        #expect(harness.error.contains("Usage: stock"))
    }

    @Test func longTextsAreWrapped() {
        let sentence = String(repeating: "word ", count: 60)
        let program = CommandLineProgram(
            name: "p", version: "1", summary: "S.",
            subcommands: [
                Subcommand(
                    name: "x", summary: "S.", discussion: sentence,
                    options: [CommandOption("a-very-long-name-of-an-option", .text(placeholder: "PLACEHOLDER"), help: sentence)]
                ) { _ in 0 }
            ]
        ) { _, text in
            for line in text.split(separator: "\n") { #expect(line.count <= 100) }
        }
        #expect(program.run(["x", "--help"]) == 0)
    }
}
