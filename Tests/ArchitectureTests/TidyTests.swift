import Testing

/// The style and the layers of the project, checked on its own files.
@Suite struct TidyTests {
    private static let swiftFiles = Project.files(below: "Sources", withExtension: "swift")
    private static let testFiles = Project.files(below: "Tests", withExtension: "swift")

    private func expectNone(_ violations: [Violation], _ location: SourceLocation = #_sourceLocation) {
        guard !violations.isEmpty else { return }
        Issue.record("\(violations.map(\.description).joined(separator: "\n"))", sourceLocation: location)
    }

    /// `Sources/<target>/…`
    private func target(of path: String) -> String { String(path.split(separator: "/")[1]) }

    @Test func theProjectIsFound() {
        #expect(Self.swiftFiles.count > 10 && Self.testFiles.count > 5)
    }

    @Test func importsPointDown() throws {
        expectNone(
            try Self.swiftFiles.flatMap { path in
                Rules.imports(path, SwiftSource(try #require(Project.text(path))), target: target(of: path))
            })
    }

    @Test func onlyOneTargetImportsEachCLibrary() throws {
        var importers: [String: Set<String>] = [:]
        for path in Self.swiftFiles {
            for (module, _) in SwiftSource(try #require(Project.text(path))).imports where Layers.importerOfC[module] != nil {
                importers[module, default: []].insert(target(of: path))
            }
        }
        for (module, found) in importers { #expect(found == [Layers.importerOfC[module]!], "\(module)") }
    }

    @Test func filesAndFunctionsAreShort() throws {
        expectNone(try Self.swiftFiles.flatMap { Rules.sizes($0, SwiftSource(try #require(Project.text($0)))) })
    }

    @Test func layoutHolds() throws {
        expectNone(try (Self.swiftFiles + Self.testFiles).flatMap { Rules.layout($0, try #require(Project.text($0))) })
    }

    @Test func nothingIsUnfinishedAndNoMachineIsNamed() throws {
        expectNone(
            try (Project.tracked() ?? Self.swiftFiles).flatMap { path in
                let text = Project.text(path) ?? ""
                return Rules.machinePaths(path, text) + Rules.unfinished(path, text)
            })
    }

    @Test func nothingThatWasBuiltIsKept() throws {
        let built = [".o", ".a", ".so", ".swiftmodule", ".profraw", ".log", ".pid", ".orig", ".rej", ".pyc", ".class"]
        for path in try Project.tracked() ?? [] {
            #expect(!path.split(separator: "/").contains { $0.hasPrefix(".build") || $0 == ".swiftpm" || $0 == "__pycache__" }, "\(path)")
            #expect(!built.contains { path.hasSuffix($0) }, "\(path)")
        }
    }
}
