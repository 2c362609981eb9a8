// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {Ghost} from "./Ghost.sol";

/// @title Roles, the default admin's two steps, pause and successor, as they must be
abstract contract GovernanceModel is Ghost {
    /// @dev What OpenZeppelin keeps of DEFAULT_ADMIN_ROLE, in units of block time; a time of 0 is none.
    struct AdminRules {
        address admin;
        address pendingAdmin;
        uint48 pendingAdminFrom;
        uint48 delay;
        uint48 pendingDelay;
        uint48 pendingDelayFrom;
    }

    AdminRules internal _rules;
    /// @dev Registries that name this one as their predecessor.
    mapping(address registry => bool) internal _continuesThis;

    function _roleRefused(address by, bytes32 role) internal view returns (bytes memory) {
        if (_has(role, by)) return "";
        return abi.encodeWithSelector(IAccess.AccessControlUnauthorizedAccount.selector, by, role);
    }

    // ---- roles

    function _grantRefused(address by, bytes32 role) internal view returns (bytes memory) {
        if (role == DEFAULT_ADMIN) {
            return abi.encodeWithSelector(IRules.AccessControlEnforcedDefaultAdminRules.selector);
        }
        return _roleRefused(by, DEFAULT_ADMIN);
    }

    function _renounceRefused(
        address by,
        bytes32 role,
        address account
    ) internal view returns (bytes memory) {
        if (role == DEFAULT_ADMIN && account == _rules.admin) {
            return
                abi.encodeWithSelector(
                    IRules.AccessControlEnforcedDefaultAdminDelay.selector,
                    _rules.pendingAdminFrom
                );
        }
        if (account == by) return "";
        return abi.encodeWithSelector(IAccess.AccessControlBadConfirmation.selector);
    }

    /// @return changes 1 where the role was another, else 0
    function _expectRole(bytes32 role, address account, bool granted) internal returns (uint256 changes) {
        if (_has(role, account) == granted) return 0;
        _expected.roles[role][account] = granted;
        _expectEntries(1);
        return 1;
    }

    // ---- the default admin

    function _delayNow() internal view returns (uint48) {
        bool passed = _rules.pendingDelayFrom != 0 && _rules.pendingDelayFrom < _blockTime;
        return passed ? _rules.pendingDelay : _rules.delay;
    }

    function _beginRefused(address by, address newAdmin) internal view returns (bytes memory) {
        if (newAdmin == address(0)) return abi.encodeWithSelector(I.RegistryLastAdmin.selector);
        return _roleRefused(by, DEFAULT_ADMIN);
    }

    function _expectTransfer(address newAdmin) internal {
        _rules.pendingAdmin = newAdmin;
        _rules.pendingAdminFrom = newAdmin == address(0) ? 0 : uint48(_blockTime) + _delayNow();
    }

    function _acceptRefused(address by) internal view returns (bytes memory) {
        if (by != _rules.pendingAdmin) {
            return abi.encodeWithSelector(IRules.AccessControlInvalidDefaultAdmin.selector, by);
        }
        uint48 from = _rules.pendingAdminFrom;
        if (from < _blockTime) return "";
        return abi.encodeWithSelector(IRules.AccessControlEnforcedDefaultAdminDelay.selector, from);
    }

    function _expectNewAdmin(address by) internal {
        _expectRole(DEFAULT_ADMIN, _rules.admin, false);
        _expectRole(DEFAULT_ADMIN, by, true);
        _rules.admin = by;
        _expectTransfer(address(0));
    }

    /// @param wanted whether a new delay is wanted, or the wish for one taken back
    function _expectDelay(bool wanted, uint48 delay) internal {
        uint48 present = _delayNow();
        _rules.delay = present;
        uint48 longer = delay < 5 days ? delay : 5 days;
        uint48 wait = delay > present ? longer : present - delay;
        _rules.pendingDelay = wanted ? delay : 0;
        _rules.pendingDelayFrom = wanted ? uint48(_blockTime) + wait : 0;
    }

    function _checkRules() internal view {
        require(_registry.defaultAdmin() == _rules.admin, "default admin");
        (address admin, uint48 from) = _registry.pendingDefaultAdmin();
        require(admin == _rules.pendingAdmin && from == _rules.pendingAdminFrom, "pending admin");
        require(_registry.defaultAdminDelay() == _delayNow(), "delay");
    }

    // ---- pause and successor

    function _pauseRefused(address by, bool paused) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, PAUSER);
        if (refusal.length != 0 || _expected.paused != paused) return refusal;
        return abi.encodeWithSelector(I.RegistryPauseUnchanged.selector, paused);
    }

    function _successorRefused(address by, address registry) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, DEFAULT_ADMIN);
        if (refusal.length != 0) return refusal;
        if (_expected.successor != address(0)) {
            return abi.encodeWithSelector(I.RegistryHasSuccessor.selector, _expected.successor);
        }
        if (_continuesThis[registry]) return "";
        return abi.encodeWithSelector(I.RegistryNotASuccessor.selector, registry);
    }
}
