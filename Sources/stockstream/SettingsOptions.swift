import CommandLineParser
import Configuration
import Foundation

/// The option by which every subcommand that talks to an installation gets its settings.
enum SettingsOptions {
    static let all = [
        CommandOption("config", letter: "c", .path(placeholder: "FILE"), help: "The configuration, YAML (docs/configuration.md).")
    ]

    static func load(_ arguments: ParsedArguments) throws -> EngineSettings {
        let loaded = try Settings.load(file: arguments.text("config"), environment: ProcessInfo.processInfo.environment)
        for warning in loaded.warnings { CommandFailure.print(error: "warning: \(warning)") }
        return loaded.settings
    }
}
