import Payments
import Testing

@Suite("docs/flows.md") struct FlowsPageTests {
    @Test("The page shows the shipped tables as they are") func page() throws {
        let names = try FlowTable.names()
        let sections = try names.map { name in try section(name, FlowTable(name)) }
        let page = """
            # The flows

            Written by the tests from `mappings/flows`. A thick arrow enters the pivot: the step that cannot be taken
            back. Dotted arrows are refusals: before the pivot they undo what was held and tell the origin no; after it
            a person places the money. A step whose outcome is unknown goes the way of its last column, in order.

            \(sections.joined(separator: "\n\n"))

            """
        try Package.expectSnapshot("docs/flows.md", page)
    }

    private func section(_ name: String, _ table: FlowTable) -> String {
        let rule = Array(repeating: "---", count: table.header.count)
        let rows = ([table.header, rule] + table.rows).map { "| " + $0.joined(separator: " | ") + " |" }
        return """
            ## \(name)

            \(table.note)

            \(rows.joined(separator: "\n"))

            ```mermaid
            flowchart LR
            \(picture(table.flow).map { "    " + $0 }.joined(separator: "\n"))
            ```
            """
    }

    private func picture(_ flow: Flow) -> [String] {
        var lines = ["begin([received])"]
        for step in flow.steps {
            lines.append(step.isPivot ? "\(step.name){{\(step.name)}}" : "\(step.name)[\(step.name)]")
        }
        var before = "begin"
        for step in flow.steps {
            lines.append("\(before) \(step.isPivot ? "==>" : "-->") \(step.name)")
            before = step.name
        }
        let ending = flow.pivot != nil || flow.steps.count > 1
        lines.append(ending ? "\(before) --> settled([settled])" : "\(before) --> rejected([rejected])")
        return lines + refusals(flow)
    }

    private func refusals(_ flow: Flow) -> [String] {
        var lines: [String] = []
        var undo: String?
        for (index, step) in flow.steps.enumerated() where step.verb != .notify {
            if let pivot = flow.pivot, index > pivot {
                lines.append("\(step.name) -.refused.-> person([a person places it])")
            } else {
                lines.append("\(step.name) -.refused.-> \(undo ?? "rejected([told no])")")
            }
            if let verb = step.undo {
                undo = "release[\(verb.rawValue)]"
                lines.append("release -.-> rejected([told no])")
            }
        }
        return lines
    }
}
