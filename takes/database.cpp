#include "takes/database.hpp"

#include <fmt/format.h>

namespace backtake::takes {
using base::Fault;

base::Error damagedLog(const std::filesystem::path& path, std::string detail)
{
    return { Fault::Corrupt,
        fmt::format("the log {} is damaged: opened to write, the shoot keeps it aside and makes a new one "
                    "from media/",
            path.string()),
        std::move(detail) };
}

base::Error Database::error() const
{
    const std::string detail = sqlite3_errmsg(connection.get());
    switch (sqlite3_errcode(connection.get())) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return { Fault::Busy,
            fmt::format("another program holds the log {}: close it, then try again", path.string()),
            detail };
    case SQLITE_FULL:
        return { Fault::OutOfSpace,
            fmt::format("cannot write the log {}: the disk is full. Free some space on it", path.string()),
            detail };
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return { Fault::Denied,
            fmt::format("cannot open the log {}: check who owns it, and that the disk is not write-protected",
                path.string()),
            detail };
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: // a table or column that our version always has is missing
        return damagedLog(path, detail);
    default:
        return { Fault::Failed, fmt::format("cannot use the log {}: {}", path.string(), detail), detail };
    }
}

base::Outcome Database::run(const char* sql)
{
    if (sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return base::fail(error());
    return {};
}

base::Result<std::int64_t> Database::number(const char* sql)
{
    Transaction reading(*this, Transaction::Kind::Read);
    const auto number = reading.number(sql);
    if (const auto done = reading.commit(); !done)
        return base::fail(done.error());
    return number.value_or(0);
}

Statement::Statement(Transaction& transaction, std::string_view sql)
    : transaction_(transaction)
{
    if (transaction.failed())
        return;
    if (sqlite3_prepare_v2(transaction.database_.connection.get(), sql.data(), static_cast<int>(sql.size()),
            &statement_, nullptr)
        != SQLITE_OK)
        transaction.fail();
}

void Statement::bindText(int at, std::string_view value)
{
    // An empty view may have no address at all, which would be NULL to SQLite.
    sqlite3_bind_text64(
        statement_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

bool Statement::next()
{
    if (!statement_ || transaction_.failed())
        return false;
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        transaction_.fail();
    return result == SQLITE_ROW;
}

std::string Statement::text(int column) const
{
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                 : "";
}

Transaction::Transaction(Database& database, Kind kind)
    : database_(database)
{
    const auto begun = database.run(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
    open_ = begun.has_value();
    if (!begun)
        failure_ = begun.error();
}

Transaction::~Transaction()
{
    if (open_)
        sqlite3_exec(database_.connection.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::script(const char* sql)
{
    if (failure_)
        return;
    if (const auto done = database_.run(sql); !done)
        failure_ = done.error();
}

void Transaction::refuse(base::Error error)
{
    if (!failure_)
        failure_ = std::move(error);
}

void Transaction::fail() { refuse(database_.error()); }

base::Outcome Transaction::commit()
{
    if (failure_)
        return base::fail(*failure_);
    const auto done = database_.run("COMMIT");
    open_ = !done;
    return done;
}

} // namespace backtake::takes
