import Glibc
import NearestName

/// A program with subcommands. `--help`, `--version`, `help` and `completion bash` come from the same table as the parsing.
public struct CommandLineProgram: Sendable {
    /// The exit code for a wrong command line: EX_USAGE of sysexits.h.
    public static let usageExitCode: Int32 = 64

    /// Where text goes.
    public enum Stream: Sendable {
        /// Standard output: what was asked for.
        case output
        /// Standard error: what is wrong.
        case error
    }

    /// The name it is called by.
    public let name: String
    /// The version that `--version` prints.
    public let version: String
    /// What it is: one line.
    public let summary: String
    /// What it does, in the order of help.
    public let subcommands: [Subcommand]
    private let write: @Sendable (Stream, String) -> Void

    /// A program that writes to standard output and error.
    public init(name: String, version: String, summary: String, subcommands: [Subcommand]) {
        self.init(name: name, version: version, summary: summary, subcommands: subcommands) { stream, text in
            fflush(nil)  // what stdio still holds was written before
            writeAll(text, to: stream == .output ? STDOUT_FILENO : STDERR_FILENO)
        }
    }

    /// A program that hands its text to `write`.
    public init(
        name: String, version: String, summary: String, subcommands: [Subcommand], write: @escaping @Sendable (Stream, String) -> Void
    ) {
        precondition(Set(subcommands.map(\.name)).count == subcommands.count, "names of subcommands differ")
        precondition(!subcommands.contains { ["help", "completion"].contains($0.words[0]) }, "help and completion are built in")
        self.name = name
        self.version = version
        self.summary = summary
        self.subcommands = subcommands
        self.write = write
    }

    /// Carries a command line out, without the program's own name in front, and answers the exit code.
    public func run(_ words: [String]) -> Int32 {
        guard let first = words.first else {
            write(.error, help())
            return CommandLineProgram.usageExitCode
        }
        switch first {
        case "--help", "-h": return print(help())
        case "--version": return print("\(name) \(version)\n")
        case "help": return runHelp(words[1...])
        case "completion": return runCompletion(words[1...])
        default: break
        }
        guard let (subcommand, rest) = find(words) else { return refuseUnknown(words) }
        do {
            switch try Parser.parse(subcommand, rest) {
            case .help: return print(help(of: subcommand))
            case .arguments(let arguments): return subcommand.run(arguments)
            }
        } catch {
            return refuse(error.description, hint: "\(name) \(subcommand.name) --help")
        }
    }

    // MARK: Built in

    private func runHelp(_ words: ArraySlice<String>) -> Int32 {
        guard !words.isEmpty else { return print(help()) }
        if let (subcommand, rest) = find(Array(words)), rest.isEmpty { return print(help(of: subcommand)) }
        if let group = groupHelp(Array(words)) { return print(group) }
        return refuseUnknown(Array(words))
    }

    private func runCompletion(_ words: ArraySlice<String>) -> Int32 {
        switch Array(words) {
        case ["bash"]: return print(BashCompletion(program: self).script())
        case ["--help"], ["-h"]: return print(completionHelp)
        default: return refuse("completion needs the name of a shell; allowed: bash", hint: "\(name) completion --help")
        }
    }

    private var completionHelp: String {
        """
        Usage: \(name) completion bash

        Prints a completion script. To use it now: source <(\(name) completion bash)
        To keep it: \(name) completion bash > ~/.local/share/bash-completion/completions/\(name)

        """
    }

    // MARK: Looking up

    /// The subcommand with the longest name that the words begin with, and the words behind it.
    private func find(_ words: [String]) -> (Subcommand, ArraySlice<String>)? {
        let matching = subcommands.filter { words.starts(with: $0.words) }
        guard let subcommand = matching.max(by: { $0.words.count < $1.words.count }) else { return nil }
        return (subcommand, words[subcommand.words.count...])
    }

    private func groupHelp(_ words: [String]) -> String? {
        let members = subcommands.filter { $0.words.count > words.count && $0.words.starts(with: words) }
        return members.isEmpty ? nil : help(ofGroup: words.joined(separator: " "), members)
    }

    private func refuseUnknown(_ words: [String]) -> Int32 {
        let names = words.prefix { !$0.hasPrefix("-") }
        for length in stride(from: names.count, to: 0, by: -1) {
            guard let group = groupHelp(Array(names.prefix(length))) else { continue }
            let next = words.dropFirst(length).first
            if next == "--help" || next == "-h" { return print(group) }
            if next == nil {
                write(.error, group)
                return CommandLineProgram.usageExitCode
            }
            break
        }
        if let option = words.first, option.hasPrefix("-") { return refuseOption(option) }
        // Compare as many words as each name has, so that "topics aply" finds "topics apply".
        let candidates = subcommands.map(\.name) + ["help", "completion"]
        let written = names.prefix(2).joined(separator: " ")
        let meant = nearestName(to: written, among: candidates) ?? nearestName(to: words[0], among: candidates + groups)
        let hint = meant.map { "; did you mean \($0)?" } ?? ""
        return refuse("unknown subcommand \(written)\(hint)", hint: "\(name) --help")
    }

    private func refuseOption(_ option: String) -> Int32 {
        let meant = nearestName(to: String(option.drop { $0 == "-" }), among: ["help", "version"]).map { "; did you mean --\($0)?" } ?? ""
        return refuse("unknown option \(option)\(meant)", hint: "\(name) --help")
    }

    /// The first words of names that have more than one.
    var groups: [String] {
        var seen: [String] = []
        for subcommand in subcommands where subcommand.words.count > 1 && !seen.contains(subcommand.words[0]) {
            seen.append(subcommand.words[0])
        }
        return seen
    }

    private func print(_ text: String) -> Int32 {
        write(.output, text)
        return 0
    }

    private func refuse(_ reason: String, hint: String) -> Int32 {
        write(.error, "\(name): \(reason)\nTry '\(hint)'.\n")
        return CommandLineProgram.usageExitCode
    }
}

/// Writes the text; a receiver that is gone is none of our business.
private func writeAll(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
    }
}
