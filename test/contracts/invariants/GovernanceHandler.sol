// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {deployRegistry} from "../support/Registry.sol";
import {vm} from "../Vm.sol";
import {Stage} from "./Stage.sol";

/// @title Random calls of the functions for roles, pause and successor, and calls that no function takes
abstract contract GovernanceHandler is Stage {
    /// @dev Calls after which a successor may be named; it ends all anchoring.
    uint256 internal constant SUCCESSOR_AFTER = 4_000;

    address[] private _registries;

    constructor() {
        address next = address(deployRegistry(DELAY, _cast[0], address(_registry)));
        _continuesThis[next] = true;
        _registries.push(next);
        _registries.push(address(deployRegistry(DELAY, _cast[0], _cast[1])));
        _registries.push(address(this));
        _registries.push(_cast[2]);
        _registries.push(address(0));
    }

    function grantRole(uint256 seed) external step(seed) {
        (bytes32 role, address account, address by) = (_role(), _person(), _holderOf(DEFAULT_ADMIN));
        bytes memory data = abi.encodeCall(IAccess.grantRole, (role, account));
        if (!_call(by, data, _grantRefused(by, role), "")) return;
        _settle(_expectRole(role, account, true));
        _checkAccount(account);
    }

    function revokeRole(uint256 seed) external step(seed) {
        bytes32 role = _role();
        (address account, address by) = (_holderOf(role), _holderOf(DEFAULT_ADMIN));
        bytes memory data = abi.encodeCall(IAccess.revokeRole, (role, account));
        if (!_call(by, data, _grantRefused(by, role), "")) return;
        _settle(_expectRole(role, account, false));
        _checkAccount(account);
    }

    function renounceRole(uint256 seed) external step(seed) {
        bytes32 role = _role();
        address account = _holderOf(role);
        address by = _mostly(account);
        bytes memory data = abi.encodeCall(IAccess.renounceRole, (role, account));
        if (!_call(by, data, _renounceRefused(by, role, account), "")) return;
        _settle(_expectRole(role, account, false));
        _checkAccount(account);
    }

    function beginTransfer(uint256 seed) external step(seed) {
        address newAdmin = _oneIn(8) ? address(0) : _person();
        address by = _holderOf(DEFAULT_ADMIN);
        bytes memory data = abi.encodeCall(IRules.beginDefaultAdminTransfer, (newAdmin));
        if (!_call(by, data, _beginRefused(by, newAdmin), "")) return;
        _expectTransfer(newAdmin);
        _settle(0);
        _checkRules();
    }

    function cancelTransfer(uint256 seed) external step(seed) {
        address by = _oneIn(2) ? _someone() : _holderOf(DEFAULT_ADMIN);
        bytes memory data = abi.encodeCall(IRules.cancelDefaultAdminTransfer, ());
        if (!_call(by, data, _roleRefused(by, DEFAULT_ADMIN), "")) return;
        _expectTransfer(address(0));
        _settle(0);
        _checkRules();
    }

    function acceptTransfer(uint256 seed) external step(seed) {
        if (_oneIn(2)) _goNear(_rules.pendingAdminFrom);
        address by = _rules.pendingAdmin == address(0) ? _someone() : _mostly(_rules.pendingAdmin);
        bytes memory data = abi.encodeCall(IRules.acceptDefaultAdminTransfer, ());
        if (!_call(by, data, _acceptRefused(by), "")) return;
        address before = _rules.admin;
        _expectNewAdmin(by);
        _settle(2);
        _checkAccount(before);
        _checkAccount(by);
        _checkRules();
    }

    function changeDelay(uint256 seed) external step(seed) {
        uint48 delay = uint48(_pick(8 days));
        address by = _holderOf(DEFAULT_ADMIN);
        bytes memory data = abi.encodeCall(IRules.changeDefaultAdminDelay, (delay));
        if (!_call(by, data, _roleRefused(by, DEFAULT_ADMIN), "")) return;
        _expectDelay(true, delay);
        _settle(0);
        _checkRules();
    }

    function rollbackDelay(uint256 seed) external step(seed) {
        address by = _holderOf(DEFAULT_ADMIN);
        bytes memory data = abi.encodeCall(IRules.rollbackDefaultAdminDelay, ());
        if (!_call(by, data, _roleRefused(by, DEFAULT_ADMIN), "")) return;
        _expectDelay(false, 0);
        _settle(0);
        _checkRules();
    }

    /// @dev Mostly open.
    function setPaused(uint256 seed) external step(seed) {
        bool paused = _expected.paused ? _oneIn(8) : _oneIn(4);
        address by = _holderOf(PAUSER);
        bytes memory data = abi.encodeCall(I.setPaused, (paused));
        if (!_call(by, data, _pauseRefused(by, paused), "")) return;
        _expected.paused = paused;
        _expectEntries(1);
        _settle(1);
    }

    function nameSuccessor(uint256 seed) external step(seed) {
        bool late = calls > SUCCESSOR_AFTER && _oneIn(2);
        address registry = _registries[late ? 0 : 1 + _pick(_registries.length - 1)];
        address by = _holderOf(DEFAULT_ADMIN);
        bytes memory data = abi.encodeCall(I.nameSuccessor, (registry));
        if (!_call(by, data, _successorRefused(by, registry), "")) return;
        _expected.successor = registry;
        _expectEntries(1);
        _settle(1);
    }

    /// @dev C12: no ether, no unknown selector, no calldata too short for its function.
    function callNothing(uint256 seed) external step(seed) {
        bytes[4] memory data = [bytes(""), bytes(hex"12345678"), bytes(hex"123456"), bytes("")];
        address by = _someone();
        vm.deal(by, 1 ether);
        vm.warp(_blockTime);
        uint256 kind = _pick(4);
        if (kind == 3) data[3] = abi.encodePacked(I.reportKey.selector, uint8(1));
        vm.prank(by);
        (bool taken, bytes memory result) = address(_registry).call{value: _pick(2)}(data[kind]);
        require(!taken && result.length == 0, "C12: refused without a word");
        ++tallies[bytes4(0)].refused;
    }

    function _role() private returns (bytes32) {
        bytes32[4] memory roles = [DEFAULT_ADMIN, ACCREDITOR, SCENE_KEEPER, PAUSER];
        return roles[_oneIn(16) ? 0 : 1 + _pick(3)];
    }
}
