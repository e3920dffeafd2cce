import CommandLineParser
import Foundation
import StockCase
import ZoneFiles

/// `stockstream case FILE...`: runs scenarios on the engine's kernel (docs/cases.md).
enum CaseCommand {
    static let subcommand = Subcommand(
        name: "case", summary: "Run scenarios on the engine's kernel; exit code 1 where one comes out differently.",
        discussion:
            "A case is a YAML file: what is there, what happens, what must come of it (docs/cases.md). A folder stands for every .yaml "
            + "file below it. Nothing is connected to.",
        options: [
            CommandOption("duplicate-each", .flag, help: "Send each event twice: the second time must change nothing."),
            CommandOption("restart-each", .flag, help: "Write a checkpoint and restore it after each step: that must change nothing."),
            CommandOption("print", .flag, help: "Print the state after each step as a table."),
        ],
        arguments: [CommandArgument("FILE", .oneOrMore, help: "A case, or a folder of cases.")],
        run: { arguments in CommandFailure.catching { try run(arguments) } })

    private static func run(_ arguments: ParsedArguments) throws -> Int32 {
        var options = CaseRun.Options()
        options.duplicatesEach = arguments.flag("duplicate-each")
        options.restartsEach = arguments.flag("restart-each")
        options.zones = ZoneFiles.ofThisMachine
        var differing = 0
        let paths = try arguments.arguments("FILE").flatMap(files)
        for path in paths {
            let file = try read(path)
            if arguments.flag("print") { print("\(path): \(file.title)") }
            let differences = CaseRun(file, options: options).run { step, table in
                if arguments.flag("print") { print("line \(step.line): \(step.event?.json ?? "time passes")\n\(table)") }
            }
            if differences.isEmpty {
                print("ok         \(path): \(file.title)")
            } else {
                differing += 1
                print("DIFFERENT  \(path): \(file.title)")
                for difference in differences { print("           \(path):\(difference.line.map { "\($0)" } ?? "0"): \(difference.text)") }
            }
        }
        print("\(paths.count) cases: \(paths.count - differing) as expected, \(differing) different")
        return differing == 0 ? 0 : 1
    }

    /// The cases of a path, in the order of their names.
    private static func files(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure("\(path): there is no such file or folder", exitCode: 66)
        }
        guard isFolder.boolValue else { return [path] }
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let found = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
        guard !found.isEmpty else { throw CommandFailure("\(path): no .yaml file is in it", exitCode: 66) }
        return found.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    private static func read(_ path: String) throws -> CaseFile {
        guard let text = FileManager.default.contents(atPath: path) else { throw CommandFailure("\(path): can't be read", exitCode: 66) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        do throws(CaseError) {
            return try CaseReader.read(Array(text), name: name)
        } catch {
            throw CommandFailure("\(path):\(error.line ?? 0): \(error.reason)", exitCode: 65)
        }
    }
}
