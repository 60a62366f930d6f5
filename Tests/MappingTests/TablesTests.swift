import Mapping
import Testing

@Suite struct TablesTests {
    @Test func theTablesOfTheRepositoryAreSound() {
        do throws(TableErrors) {
            let mappings = try Mappings(files: MappingFiles.all)
            #expect(mappings.messages.count >= 20)
        } catch {
            Issue.record("\(error)")
        }
    }
}
