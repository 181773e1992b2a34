/// SQLite as takes/ uses it: connections, statements and transactions. For takes/ alone.
#pragma once

#include "base/result.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace backtake::takes {

struct DatabaseCloser {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};

/// A connection and the path its messages name. Room: one thread at a time. Move it only between statements.
struct Database {
    std::unique_ptr<sqlite3, DatabaseCloser> connection;
    std::filesystem::path path;

    /// Several statements without values, outside a transaction.
    base::Outcome run(const char* sql);
    /// The first value of the first row; 0 without one.
    [[nodiscard]] base::Result<std::int64_t> number(const char* sql);
    /// What is wrong, in the operator's words, after a call that failed.
    [[nodiscard]] base::Error error() const;
};

/// The log's file is not what it should be. @p detail is for the log.
base::Error damagedLog(const std::filesystem::path& path, std::string detail);

class Transaction;

/// One statement in a transaction. Room: that of its database.
class Statement {
public:
    Statement(Transaction& transaction, std::string_view sql);
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// A text, a whole number, or an optional of one.
    template <typename T> void bind(int at, const T& value)
    {
        if constexpr (std::is_convertible_v<const T&, std::string_view>)
            bindText(at, value);
        else if constexpr (std::is_integral_v<T>)
            sqlite3_bind_int64(statement_, at, value);
        else if (value)
            bind(at, *value);
        else
            sqlite3_bind_null(statement_, at);
    }
    /// @return true with a row; false at the end, and once anything in the transaction has failed.
    bool next();
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] bool isNull(int column) const
    {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

private:
    void bindText(int at, std::string_view value);

    Transaction& transaction_;
    sqlite3_stmt* statement_ = nullptr;
};

/// All or nothing. The first failure is kept, what comes after it is not done, and commit() says what it was;
/// so the calls in between need no looking after. Without commit() nothing has happened.
class Transaction {
public:
    enum class Kind { Read = 1, Write };
    Transaction(Database& database, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// One statement without rows; @p values for ?1, ?2, …
    template <typename... Values> void run(std::string_view sql, const Values&... values)
    {
        Statement statement(*this, sql);
        [[maybe_unused]] int at = 0;
        (statement.bind(++at, values), ...);
        statement.next();
    }
    /// Several statements without values.
    void script(const char* sql);
    /// The first value of the first row. nullopt: there is none.
    template <typename... Values>
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view sql, const Values&... values)
    {
        Statement statement(*this, sql);
        [[maybe_unused]] int at = 0;
        (statement.bind(++at, values), ...);
        if (!statement.next() || statement.isNull(0))
            return std::nullopt;
        return statement.number(0);
    }
    /// The change as a whole makes no sense: nothing of it is done.
    void refuse(base::Error error);
    [[nodiscard]] bool failed() const { return failure_.has_value(); }
    base::Outcome commit();

private:
    friend class Statement;
    void fail();

    Database& database_;
    std::optional<base::Error> failure_;
    bool open_ = false;
};

} // namespace backtake::takes
