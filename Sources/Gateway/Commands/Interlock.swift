import ArgumentParser

/// The program: one binary, a command for each thing that a bank's engineers do with it.
struct Interlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interlock",
        abstract: "One gateway between a bank and every instant-payment network it joins.",
        discussion: """
            Examples:
              interlock serve --config interlock.yaml
              interlock validate message.xml
              interlock route explain --routes routes.csv message.xml
              interlock payments list --stuck --config interlock.yaml
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, ValidateCommand.self, ExplainCommand.self, RouteCommand.self, TablesCommand.self,
            TranslateCommand.self,
            ReloadCommand.self, PaymentsCommand.self,
            CapsCommand.self, NetworksCommand.self, ReconcileCommand.self, ConfigCommand.self, StoreCommand.self,
            BackupCommand.self, RestoreCommand.self,
        ])
}

/// The program's front door.
public enum Program {
    public static func run() async {
        await Interlock.main()
    }
}
