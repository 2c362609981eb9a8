// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {deployRegistry} from "../support/Registry.sol";
import {Tree} from "../support/Tree.sol";
import {State, States} from "../support/State.sol";
import {vm} from "../Vm.sol";
import {DocumentsModel} from "./DocumentsModel.sol";

/// @notice The registry took what the model refuses with `predicted`.
error UnexpectedAcceptance(bytes4 call, bytes predicted);
/// @notice The registry refused with `error_` what the model takes.
error UnexpectedRefusal(bytes4 call, bytes error_);
/// @notice The registry refused with another error, or other values in it, than the model.
error AnotherRefusal(bytes4 call, bytes predicted, bytes error_);
/// @notice The registry took a call as it should, and returned something else.
error AnotherAnswer(bytes4 call, bytes answer);

/**
 * @title The stage of the invariant tests: the cast, chance, time, and the one way to call the registry
 * @notice Every call is counted by its selector and outcome, and nothing is caught: whatever the model did not
 * predict reverts the handler, which fails the test.
 */
abstract contract Stage is DocumentsModel {
    using States for State;
    using Tree for Tree.Leaves;

    uint48 internal constant DELAY = 1 days;
    uint64 internal constant START = 1_800_000_000;
    uint256 private constant PEOPLE = 16;
    /// @dev More than any change of one thing costs, and less than a loop over what a run stores would.
    uint256 private constant MAX_GAS = 1_000_000;

    struct Tally {
        uint256 accepted;
        uint256 refused;
    }

    /// @notice Outcomes by the selector called; 0 stands for calls that no function takes.
    mapping(bytes4 call => Tally) public tallies;
    uint256 public calls;
    uint256 internal _time;
    uint256 private _chance;
    /// @dev Accounts that a role may have been set for, and texts that may name a scene.
    address[] internal _cast;
    string[] internal _slugs;

    constructor() {
        for (uint256 i = 0; i < PEOPLE; ++i) _cast.push(address(uint160(0x1001 + i)));
        _time = START;
        _blockTime = START;
        vm.warp(START);
        vm.recordLogs();
        address governor = _cast[0];
        vm.prank(governor);
        _registry = deployRegistry(DELAY, governor, address(0));
        (_rules.admin, _rules.delay) = (governor, DELAY);
        bytes32[4] memory roles = [DEFAULT_ADMIN, ACCREDITOR, SCENE_KEEPER, PAUSER];
        for (uint256 i = 0; i < roles.length; ++i) _expectRole(roles[i], governor, true);
        require(_replay(vm.getRecordedLogs()) == 4, "the governor has every role");
    }

    // ---- chance and time

    /// @dev Every handler function begins here: what it does follows from `seed` alone, and time passes or does not.
    modifier step(uint256 seed) {
        _chance = seed;
        ++calls;
        _passTime();
        _;
    }

    /// @return a number below `n`
    function _pick(uint256 n) internal returns (uint256) {
        _chance = uint256(keccak256(abi.encode(_chance)));
        return _chance % n;
    }

    function _oneIn(uint256 n) internal returns (bool) {
        return _pick(n) == 0;
    }

    /// @dev Minutes, seldom days; block time may stand still, run backwards, or be in milliseconds.
    function _passTime() private {
        if (_oneIn(2)) _time += _pick(10 minutes);
        if (_oneIn(8)) _time += _pick(3 days);
        _blockTime = _time;
        if (_oneIn(16)) _blockTime -= _pick(1 hours);
        if (_oneIn(16)) _blockTime = _blockTime * 1000 + _pick(1000);
    }

    /// @dev To the second at which something begins or ends, or one beside it, where that is near.
    function _goNear(uint64 moment) internal {
        if (moment < _now() || moment > _now() + 8 days) return;
        _time = moment + _pick(3) - 1;
        _blockTime = _time;
    }

    // ---- the cast

    /// @dev One of those who may come to a role.
    function _person() internal returns (address) {
        return _cast[_pick(PEOPLE)];
    }

    function _someone() internal returns (address) {
        return _oneIn(2) ? _person() : _cast[_pick(_cast.length)];
    }

    /// @dev Mostly the one who may; now and then anyone.
    function _mostly(address right) internal returns (address) {
        return _oneIn(8) ? _someone() : right;
    }

    function _holderOf(bytes32 role) internal returns (address) {
        uint256 start = _pick(PEOPLE);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            address account = _cast[(start + i) % PEOPLE];
            if (_has(role, account)) return _mostly(account);
        }
        return _someone();
    }

    /// @dev An index of a list of `length`, mostly one of its last `recent`.
    function _recent(uint256 length, uint256 recent) internal returns (uint256) {
        uint256 span = length < recent || _oneIn(8) ? length : recent;
        return length - 1 - _pick(span);
    }

    /// @dev The id of something of which there are `count`; now and then of none.
    function _id(uint32 count) internal returns (uint32) {
        if (count == 0 || _oneIn(16)) return _oneIn(2) ? 0 : count + 1;
        return uint32(_recent(count, 8)) + 1;
    }

    // ---- the one way to call the registry

    /**
     * @param refusal what the model says; empty where the call is to be taken
     * @param answer what a call that is taken returns
     */
    function _call(
        address by,
        bytes memory data,
        bytes memory refusal,
        bytes memory answer
    ) internal returns (bool accepted) {
        vm.warp(_blockTime);
        vm.recordLogs();
        vm.prank(by);
        uint256 gas = gasleft();
        bytes memory result;
        (accepted, result) = address(_registry).call(data);
        gas -= gasleft();
        bytes4 called = data.length < 4 ? bytes4(0) : bytes4(data);
        _compare(called, accepted, result, refusal, answer);
        if (accepted) ++tallies[called].accepted;
        else ++tallies[called].refused;
        require(called == I.anchor.selector || gas < MAX_GAS, "C6: no loop over what is stored");
    }

    function _compare(
        bytes4 called,
        bool accepted,
        bytes memory result,
        bytes memory refusal,
        bytes memory answer
    ) private pure {
        if (accepted && refusal.length != 0) revert UnexpectedAcceptance(called, refusal);
        if (!accepted && refusal.length == 0) revert UnexpectedRefusal(called, result);
        bytes memory expected = accepted ? answer : refusal;
        if (keccak256(result) == keccak256(expected)) return;
        if (accepted) revert AnotherAnswer(called, result);
        revert AnotherRefusal(called, refusal, result);
    }

    /// @dev After an accepted call: its events, `changes` of them, say what the model says, and so does storage.
    function _settle(uint256 changes) internal {
        require(_replay(vm.getRecordedLogs()) == changes, "C4: one event a change");
        require(_replayed.lastRecordedAt == _expected.lastRecordedAt, "recordedAt");
        _checkOldRoot(_sizes[_pick(_sizes.length)]);
    }

    function _checkOldRoot(uint64 size) private view {
        require(_registry.rootAt(size) == _rootsThen[size], "C1: an old root changed");
    }

    // ---- at the end

    /// @notice Every part of storage, beside both ghosts; every root ever; nothing where nothing was recorded.
    function checkAll() external view {
        for (uint32 id = 0; id <= _expected.institutionCount + 1; ++id) _checkInstitution(id);
        for (uint32 id = 0; id <= _expected.operatorCount + 1; ++id) _checkOperator(id);
        for (uint64 index = 0; index <= _expected.size; ++index) _checkStatus(index);
        for (uint256 i = 0; i < _cast.length; ++i) _checkAccount(_cast[i]);
        for (uint256 i = 0; i < _slugs.length; ++i) _checkScene(_slugs[i]);
        for (uint64 size = 0; size <= _expected.size + 1; ++size) _checkOldRoot(size);
        for (uint256 i = 0; i < _sizes.length; ++i) {
            require(_tree.root(_sizes[i]) == _rootsThen[_sizes[i]], "C5: the root is the definition's");
        }
        _checkWhole();
        _checkRules();
    }

    /// @dev Its roles, and the key that it may be.
    function _checkAccount(address account) internal view {
        bytes32[4] memory roles = [DEFAULT_ADMIN, ACCREDITOR, SCENE_KEEPER, PAUSER];
        _checkKey(account);
        for (uint256 i = 0; i < roles.length; ++i) {
            _expected.checkRole(_registry, roles[i], account);
            _replayed.checkRole(_registry, roles[i], account);
        }
    }

    /// @notice What is cheap enough to look at after every call.
    function checkHead() external view {
        (uint64 size, bytes32 root) = _registry.head();
        require(size == _sizes[_sizes.length - 1] && root == _rootsThen[size], "C1, C5: head");
        _checkWhole();
    }
}
