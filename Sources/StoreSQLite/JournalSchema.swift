import GRDB

/// The journal's tables. Positions come from one counter, so they are the order of commits across all tenants.
enum JournalSchema {
    static let migrations = ["journal 1", "journal 2"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(migrations[0]) { database in
            for table in tables { try database.execute(sql: table) }
        }
        migrator.registerMigration(migrations[1]) { database in
            for change in ViewRow.additions + additions { try database.execute(sql: change) }
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

    private static let additions = [
        // What the feed tells of a commit, and the names that it gave, on their way to the tenant's database.
        "ALTER TABLE changes ADD COLUMN sequence INTEGER",
        "ALTER TABLE changes ADD COLUMN kinds TEXT",
        "ALTER TABLE changes ADD COLUMN stage_before TEXT",
        "ALTER TABLE changes ADD COLUMN stage TEXT",
        "ALTER TABLE changes ADD COLUMN outcome TEXT",
        "ALTER TABLE changes ADD COLUMN reason TEXT",
        "ALTER TABLE changes ADD COLUMN is_parked INTEGER",
        "ALTER TABLE changes ADD COLUMN time INTEGER",
        "ALTER TABLE changes ADD COLUMN names BLOB",
        "ALTER TABLE payments ADD COLUMN is_booked INTEGER NOT NULL DEFAULT 0",
        """
        UPDATE payments SET is_booked = 1 WHERE outcome IS NULL AND EXISTS
            (SELECT 1 FROM events e WHERE e.payment = payments.id AND e.kind = 'booked')
        """,
        """
        CREATE TABLE cursors (
            tenant TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (tenant, name))
        STRICT, WITHOUT ROWID
        """,
        // `floor`: no position up to it is given out again. `pruned`: until when received payments may have left.
        "INSERT INTO marks (name, value) VALUES ('floor', 0), ('pruned', \(Int64.min))",
    ]
}

/// The tables of one tenant's database: what rests.
enum TenantSchema {
    static let migrations = ["tenant 1", "tenant 2"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(migrations[0]) { database in
            for table in tables { try database.execute(sql: table) }
        }
        migrator.registerMigration(migrations[1]) { database in
            for change in ViewRow.additions + additions { try database.execute(sql: change) }
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

    private static let additions = [
        """
        CREATE TABLE feed (
            position INTEGER PRIMARY KEY, payment BLOB NOT NULL, sequence INTEGER NOT NULL, kinds TEXT NOT NULL,
            stage_before TEXT, stage TEXT NOT NULL, outcome TEXT, reason TEXT, is_parked INTEGER NOT NULL,
            time INTEGER NOT NULL) STRICT
        """,
        """
        CREATE TABLE names (
            payment BLOB NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (payment, scope, key))
        STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX names_by_key ON names (key)",
        "CREATE INDEX payments_open ON payments (id) WHERE outcome IS NULL",
        // Amounts are whole numbers without leading zeros: the longer is the larger.
        """
        CREATE INDEX payments_stuck ON payments (currency, length(amount), amount, id)
            WHERE is_parked = 1 OR stage = 'unknown'
        """,
        "CREATE INDEX payments_by_time ON payments (ifnull(settled_at, received_at))",
        "CREATE INDEX payments_by_date ON payments (business_date) WHERE business_date IS NOT NULL",
    ]
}
