import GRDB

/// The journal's tables. Positions come from one counter, so they are the order of commits across all tenants.
enum JournalSchema {
    static let migrations = ["journal 1"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(migrations[0]) { database in
            for table in tables { try database.execute(sql: table) }
        }
        return migrator
    }

    private static let tables = [
        // Rows arrive at the end of the file; the index is what a payment is read by.
        """
        CREATE TABLE events (
            payment BLOB NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
            body BLOB NOT NULL) STRICT
        """,
        "CREATE UNIQUE INDEX events_of_payment ON events (payment, sequence)",
        // `due` is the timer, or the end of the lease under which it was handed out.
        """
        CREATE TABLE payments (
            \(ViewRow.definition), wake INTEGER, due INTEGER, wake_node TEXT) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX payments_due ON payments (due) WHERE due IS NOT NULL",
        "CREATE INDEX payments_open ON payments (id) WHERE outcome IS NULL",
        """
        CREATE TABLE exchanges (
            payment BLOB NOT NULL, number INTEGER NOT NULL, step INTEGER NOT NULL, purpose TEXT NOT NULL,
            peer TEXT NOT NULL, form TEXT NOT NULL, message TEXT NOT NULL, wire BLOB NOT NULL,
            deadline INTEGER NOT NULL, is_repeatable INTEGER NOT NULL, is_open INTEGER NOT NULL, node TEXT NOT NULL,
            epoch INTEGER NOT NULL, lease INTEGER NOT NULL) STRICT
        """,
        "CREATE UNIQUE INDEX exchanges_of_payment ON exchanges (payment, number)",
        "CREATE INDEX exchanges_open ON exchanges (node, epoch, lease) WHERE is_open = 1",
        """
        CREATE TABLE keys (
            scope TEXT NOT NULL, key TEXT NOT NULL, payment BLOB NOT NULL, content_hash TEXT NOT NULL,
            time INTEGER NOT NULL, PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE ledger (
            tenant TEXT NOT NULL, account TEXT NOT NULL, network TEXT NOT NULL, currency TEXT NOT NULL,
            balance TEXT NOT NULL, PRIMARY KEY (tenant, account, network, currency)) STRICT, WITHOUT ROWID
        """,
        // `lease` lengthens every claim of the epoch at once.
        """
        CREATE TABLE nodes (
            node TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, lease INTEGER NOT NULL) STRICT, WITHOUT ROWID
        """,
        // What the tenants' databases do not durably have yet: pruned behind the projection.
        "CREATE TABLE changes (position INTEGER PRIMARY KEY, tenant TEXT NOT NULL, payment BLOB) STRICT",
        """
        CREATE TABLE messages (
            position INTEGER PRIMARY KEY, payment BLOB NOT NULL, direction TEXT NOT NULL, peer TEXT NOT NULL,
            message TEXT NOT NULL, time INTEGER NOT NULL, tenant TEXT NOT NULL, bytes BLOB NOT NULL) STRICT
        """,
        "CREATE INDEX messages_of_payment ON messages (payment)",
        """
        CREATE TABLE audits (
            position INTEGER PRIMARY KEY, tenant TEXT NOT NULL, time INTEGER NOT NULL, who TEXT NOT NULL,
            action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT
        """,
        "CREATE TABLE marks (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "INSERT INTO marks (name, value) VALUES ('projected', 0), ('fence', 0)",
    ]
}

/// The tables of one tenant's database: what rests.
enum TenantSchema {
    static let migrations = ["tenant 1"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(migrations[0]) { database in
            for table in tables { try database.execute(sql: table) }
        }
        return migrator
    }

    private static let tables = [
        "CREATE TABLE payments (\(ViewRow.definition)) STRICT, WITHOUT ROWID",
        "CREATE INDEX payments_by_stage ON payments (stage, id)",
        "CREATE INDEX payments_by_end_to_end ON payments (end_to_end) WHERE end_to_end IS NOT NULL",
        "CREATE INDEX payments_by_debtor ON payments (debtor) WHERE debtor IS NOT NULL",
        "CREATE INDEX payments_by_creditor ON payments (creditor) WHERE creditor IS NOT NULL",
        """
        CREATE TABLE messages (
            position INTEGER PRIMARY KEY, payment BLOB NOT NULL, direction TEXT NOT NULL, peer TEXT NOT NULL,
            message TEXT NOT NULL, time INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT
        """,
        "CREATE INDEX messages_of_payment ON messages (payment)",
        """
        CREATE TABLE audits (
            position INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT
        """,
        "CREATE TABLE marks (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "INSERT INTO marks (name, value) VALUES ('position', 0)",
    ]
}
