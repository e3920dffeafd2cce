import Foundation
import Testing

/// Package.swift, the folders, the table of layers, the set-up script and the README agree.
@Suite struct PackageTests {
    private let manifest = Project.text("Package.swift") ?? ""

    /// The targets of a kind with their dependencies, as Package.swift declares them.
    private func targets(_ kind: String) throws -> [String: [String]] {
        let declaration = try Regex(#"\."# + kind + #"\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?"#)
        var found: [String: [String]] = [:]
        for match in manifest.matches(of: declaration) {
            let names = (match[2].substring ?? "").matches(of: /"(\w+)"/).map { String($0.1) }
            found[String(try #require(match[1].substring))] = names
        }
        return found
    }

    private func sourceTargets() throws -> [String: [String]] {
        try targets("target").merging(targets("executableTarget")) { first, _ in first }
    }

    @Test func everyFolderBelowSourcesIsATarget() throws {
        let declared = try Set(sourceTargets().keys).union(targets("systemLibrary").keys)
        #expect(Set(Project.folders(below: "Sources")) == declared)
        #expect(Project.files(below: "Sources").allSatisfy { $0.split(separator: "/").count > 2 }, "a file beside the targets' folders")
    }

    @Test func everyFolderBelowTestsIsATestTarget() throws {
        // Cases are data, for the program as well.
        #expect(try Set(Project.folders(below: "Tests")).subtracting(["Cases"]) == Set(targets("testTarget").keys))
    }

    @Test func layersNameEveryTarget() throws {
        #expect(
            try Set(sourceTargets().keys.filter { !$0.hasPrefix("C") || Layers.allowedImports[$0] != nil })
                == Set(Layers.allowedImports.keys))
        #expect(try Set(targets("systemLibrary").keys).isSubset(of: Layers.importerOfC.keys))
    }

    @Test func dependenciesPointDown() throws {
        for (target, dependencies) in try sourceTargets() {
            let allowed = try #require(Layers.allowedImports[target], "\(target)")
            let upwards = Set(dependencies).subtracting(allowed)
            #expect(upwards.isEmpty, "\(target) depends on \(upwards.sorted())")
        }
    }

    /// A header that is there by chance on one machine is missing on the next.
    @Test func setUpInstallsEveryHeader() throws {
        let setup = try #require(Project.text("scripts/setup"))
        for path in Project.files(below: "Sources", withExtension: "h") {
            let includes = try #require(Project.text(path)).matches(of: /#\s*include\s*<([^>]+)>/).map { String($0.1) }
            for header in includes where !Self.headersOfC.contains(header) {
                #expect(setup.contains(" \(header)\n"), "\(path) includes \(header), which scripts/setup does not install")
            }
        }
    }

    private static let headersOfC: Set = ["stddef.h", "stdint.h", "stdbool.h", "stdlib.h", "stdio.h", "string.h", "errno.h", "limits.h"]

    @Test func readmeNamesEveryTargetAndCommand() throws {
        let readme = try #require(Project.text("README.md"), "README.md is missing")
        for name in try Array(sourceTargets().keys) + ["make demo", "make test", "ARCHITECTURE.md"] {
            #expect(readme.contains(name), "README.md does not name \(name)")
        }
    }

    @Test func scriptsCanBeRun() throws {
        for path in Project.files(below: "scripts") + [".ci/run"] where !path.hasSuffix(".sh") {
            let attributes = try FileManager.default.attributesOfItem(atPath: Project.root.appendingPathComponent(path).path)
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(mode & 0o111 == 0o111, "\(path) is not executable")
        }
    }
}
