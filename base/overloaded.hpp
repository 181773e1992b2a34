/// One handler for each kind of a variant: `std::visit(base::Overloaded { [](const A&) …, [](const B&) … },
/// value)`.
#pragma once

namespace backtake::base {

template <typename... Handlers> struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers> Overloaded(Handlers...) -> Overloaded<Handlers...>;

} // namespace backtake::base
